"""Acts on agents, orders and migrations, and whether the cloud's state has them done."""

from __future__ import annotations

from cbr_notebook import Session
from cbr_notebook.simulator.vaults import order_records
from tests.api.hostile.way import (
    PAID,
    PRODUCT,
    Act,
    Way,
    has,
    new_id,
    new_name,
    new_vault,
)


def new_agent(session: Session, agent: str) -> object:
    return session.client.agents.register(
        agent, host_name="h", host_ip="10.0.0.1", host_os="linux", agent_version="1.0.0"
    )


def register_agent(way: Way) -> Act:
    agent = new_id()
    return Act(
        lambda: new_agent(way.session, agent),
        lambda: has(lambda: way.cloud.client.agents.show(agent)),
    )


def uninstall_agent(way: Way) -> Act:
    agent = new_id()
    new_agent(way.cloud, agent)
    return Act(
        lambda: way.session.client.agents.update(agent),
        lambda: way.cloud.client.agents.show(agent).status == "uninstall",
    )


def unregister_agent(way: Way) -> Act:
    agent = new_id()
    new_agent(way.cloud, agent)
    way.cloud.client.agents.update(agent)
    return Act(
        lambda: way.session.client.agents.unregister(agent),
        lambda: not has(lambda: way.cloud.client.agents.show(agent)),
    )


def add_paths(way: Way) -> Act:
    agent = new_id()
    new_agent(way.cloud, agent)
    return Act(
        lambda: way.session.client.agents.add_paths(agent, ["/home"]),
        lambda: bool(way.cloud.client.agents.show(agent).paths),
    )


def remove_paths(way: Way) -> Act:
    agent = new_id()
    new_agent(way.cloud, agent)
    way.cloud.client.agents.add_paths(agent, ["/home"])
    return Act(
        lambda: way.session.client.agents.remove_paths(agent, ["/home"]),
        lambda: not way.cloud.client.agents.show(agent).paths,
    )


def order_vault(way: Way) -> Act:
    name = new_name()
    return Act(
        lambda: way.session.client.orders.create_vault(name, size=100, **PAID),
        lambda: name in [each.name for each in way.cloud.client.vaults.list_all()],
    )


def pay_in_advance(way: Way) -> Act:
    vault = new_vault(way)
    return Act(
        lambda: way.session.client.orders.change_charge_mode([vault.id], **PAID),
        lambda: way.cloud.client.vaults.show(vault.id).billing.charging_mode == "pre_paid",
    )


def change_order(way: Way) -> Act:
    vault = new_vault(way)
    way.cloud.client.orders.change_charge_mode([vault.id], **PAID)
    return Act(
        lambda: way.session.client.orders.change(vault.id, size=200, is_auto_pay=True, **PRODUCT),
        lambda: way.cloud.client.vaults.show(vault.id).billing.size == 200,
    )


def update_order(way: Way) -> Act:
    vault, orders = new_vault(way), way.cloud.client.orders
    orders.change_charge_mode([vault.id], **PAID)
    order = str(orders.change(vault.id, size=200, is_auto_pay=False, **PRODUCT).order_id)

    def is_done() -> bool:
        # The service has no operation that tells what an order is about.
        return bool(order_records.find(way.cloud.cloud._engine, order).wanted["size"] == 300)

    return Act(
        lambda: way.session.client.orders.update(order, resource_id=vault.id, size=300, **PRODUCT),
        is_done,
    )


def start_migration(way: Way) -> Act:
    migrations = way.cloud.client.migrations
    way.cloud.cloud.advance(minutes=5)  # one that was started before has ended by then

    def is_done() -> bool:
        return has(migrations.show) and migrations.show().status == "migrating"

    return Act(lambda: way.session.client.migrations.start(), is_done)
