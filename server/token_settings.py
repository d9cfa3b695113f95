"""Settings of the tokens that are taken."""

from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from server.loopback import is_loopback

MIN_SECRET_LENGTH = 32


class TokenSettings(BaseSettings):
    """What an operator can choose of tokens; what they may say: docs/access.md."""

    jwt_secret: SecretStr | None = Field(
        default=None,
        description="The secret, at least 32 characters, that HS256 tokens are signed with.",
    )
    jwt_jwks_url: str | None = Field(
        default=None,
        description="The address of the issuer's JSON Web Key Set, for RS256 and ES256 tokens; "
        "`https:`, or `http:` on a loopback address.",
    )
    jwt_issuer: str | None = Field(
        default=None, description="The issuer that tokens must name, when set."
    )
    jwt_audience: str | None = Field(
        default=None,
        description="The audience that tokens must name; when not set, they must name none.",
    )
    jwt_leeway: int = Field(
        default=30, ge=0, le=300, description="Seconds that the issuer's clock may differ."
    )

    @property
    def takes_tokens(self) -> bool:
        """Tell whether there is anything to check tokens with."""
        return self.jwt_secret is not None or self.jwt_jwks_url is not None

    def faults_of_tokens(self, *, needed: bool) -> list[str]:
        """Return why tokens could not be checked, nothing where they can."""
        secret, address = self.jwt_secret, self.jwt_jwks_url
        faults = []
        if needed and not self.takes_tokens:
            faults.append(
                "Without development mode the server needs COURSEGRADE_JWT_SECRET or "
                "COURSEGRADE_JWT_JWKS_URL to know who is asking: set one, or "
                "COURSEGRADE_DEVELOPMENT=true on a loopback address."
            )
        if secret is not None and len(secret.get_secret_value()) < MIN_SECRET_LENGTH:
            faults.append(f"COURSEGRADE_JWT_SECRET has fewer than {MIN_SECRET_LENGTH} characters.")
        if address is not None and not _is_key_set_address(address):
            faults.append(
                "COURSEGRADE_JWT_JWKS_URL must be like https://host/path, without a password; "
                "http: is for loopback addresses."
            )
        for name, value in (("ISSUER", self.jwt_issuer), ("AUDIENCE", self.jwt_audience)):
            if value == "":
                faults.append(f"COURSEGRADE_JWT_{name} is empty: name one, or leave it off.")
        return faults


def _is_key_set_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
