"""catalogue version.

Triggers, and not the shop's own writers, so that a change made by hand counts, too. The word is a
random one: a number could come again after a change that was rolled back, and then mean something
else.
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

TABLES = ('products', 'prices')
NEW_WORD = {'sqlite': 'lower(hex(randomblob(16)))', 'postgresql': 'gen_random_uuid()::text'}


def upgrade():
    database = op.get_bind().dialect.name
    op.create_table('catalogue_version',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('version', sa.Text(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_catalogue_version_there_is_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_catalogue_version'))
    )
    op.execute(f'INSERT INTO catalogue_version (id, version) VALUES (1, {NEW_WORD[database]})')
    watch = {'sqlite': watch_on_sqlite, 'postgresql': watch_on_postgresql}[database]
    watch(f'UPDATE catalogue_version SET version = {NEW_WORD[database]}')


def watch_on_sqlite(renew):
    for table in TABLES:
        for change in ('INSERT', 'UPDATE', 'DELETE'):
            op.execute(
                f'CREATE TRIGGER {table}_{change.lower()}_renews_version AFTER {change} ON {table} '
                f'BEGIN {renew}; END'
            )


def watch_on_postgresql(renew):
    """At the end of a transaction: the row is the last that it locks, so nobody waits for long,
    and no two for each other."""
    op.execute(
        'CREATE FUNCTION renew_catalogue_version() RETURNS trigger LANGUAGE plpgsql AS '
        f'$$ BEGIN {renew}; RETURN NULL; END $$'
    )
    for table in TABLES:
        op.execute(
            f'CREATE CONSTRAINT TRIGGER {table}_renew_version '
            f'AFTER INSERT OR UPDATE OR DELETE ON {table} DEFERRABLE INITIALLY DEFERRED '
            'FOR EACH ROW EXECUTE FUNCTION renew_catalogue_version()'
        )
        op.execute(
            f'CREATE TRIGGER {table}_truncate_renews_version AFTER TRUNCATE ON {table} '
            'FOR EACH STATEMENT EXECUTE FUNCTION renew_catalogue_version()'
        )


def downgrade():
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP FUNCTION renew_catalogue_version() CASCADE')
    else:
        for table in TABLES:
            for change in ('insert', 'update', 'delete'):
                op.execute(f'DROP TRIGGER {table}_{change}_renews_version')
    op.drop_table('catalogue_version')
