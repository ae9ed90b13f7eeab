"""cursors."""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('cursors',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('position', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_cursors'))
    )
    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.create_index('ix_payments_open', ['updated_at'], unique=False, sqlite_where=sa.text("status IN ('pending', 'failed', 'processing')"), postgresql_where=sa.text("status IN ('pending', 'failed', 'processing')"))
        batch_op.create_index('ix_payments_created_at', ['created_at'], unique=False)


def downgrade():
    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.drop_index('ix_payments_created_at')
        batch_op.drop_index('ix_payments_open')

    op.drop_table('cursors')
