"""Settings of deliveries: where to, for how long."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings

from resolvers.webhook_targets import WebhookTargets


class DeliverySettings(BaseSettings):
    """What an operator can choose about webhooks."""

    webhook_hosts: str = Field(
        default="",
        description="Hosts that webhooks may be delivered to, with commas between them: names, "
        "`*.example.org` for all below it, `*` for all. None by default.",
    )
    webhook_private_addresses: bool = Field(
        default=False,
        description="Deliver to private, link-local and loopback addresses too, to loopback "
        "without TLS as well.",
    )
    webhook_timeout: float = Field(
        default=10.0, gt=0, le=20, description="Seconds that a webhook has to answer."
    )
    webhook_give_up_days: int = Field(
        default=5,
        ge=1,
        le=365,
        description="Days of failing after which a webhook is no longer tried.",
    )

    @property
    def webhook_targets(self) -> WebhookTargets:
        """Return where webhooks may be delivered to."""
        hosts = (host.strip().lower() for host in self.webhook_hosts.split(","))
        return WebhookTargets(tuple(filter(None, hosts)), self.webhook_private_addresses)

    @property
    def webhook_give_up_after(self) -> timedelta:
        """Return how long a webhook may fail before it is no longer tried."""
        return timedelta(days=self.webhook_give_up_days)
