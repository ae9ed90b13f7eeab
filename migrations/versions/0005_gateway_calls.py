"""gateway calls."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('gateway_calls',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('payment_id', sa.Text(), nullable=False),
    sa.Column('method', sa.Text(), nullable=False),
    sa.Column('path', sa.Text(), nullable=False),
    sa.Column('params', sa.Text(), nullable=False),
    sa.Column('idempotency_key', sa.Text(), nullable=True),
    sa.Column('status', sa.BigInteger(), nullable=True),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=True),
    sa.Column('ms', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_gateway_calls_order_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_gateway_calls_payment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_gateway_calls'))
    )
    with op.batch_alter_table('gateway_calls', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_gateway_calls_order_id'), ['order_id'], unique=False)
    with op.batch_alter_table('stripe_events', schema=None) as batch_op:
        batch_op.create_index('ix_stripe_events_named_payment', ['object_payment_id'], unique=False, sqlite_where=sa.text('payment_id IS NULL'), postgresql_where=sa.text('payment_id IS NULL'))


def downgrade():
    with op.batch_alter_table('stripe_events', schema=None) as batch_op:
        batch_op.drop_index('ix_stripe_events_named_payment')
    with op.batch_alter_table('gateway_calls', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_gateway_calls_order_id'))
    op.drop_table('gateway_calls')
