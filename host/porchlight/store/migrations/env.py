"""How Alembic runs a migration: inside the transaction that store.migrate opened."""

from alembic import context

from porchlight.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
