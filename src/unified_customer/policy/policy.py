"""The policy of a hub: which purposes rest on which legal basis, and who may see what."""

import tomllib
from collections.abc import Iterable, Mapping
from difflib import unified_diff
from typing import Annotated, Any, Literal, Self

import polars as pl
from pydantic import AfterValidator, Field, ValidationError, model_validator

from unified_customer.core.errors import ConfigurationError, ConsentError
from unified_customer.core.fields import UNCLASSIFIED, Party
from unified_customer.core.models import LOCAL, Actor
from unified_customer.core.models.purposes import (
    EVERY_PURPOSE,
    Purpose,
    ancestors,
    check_purpose,
    known_purposes,
)
from unified_customer.core.spec import Spec
from unified_customer.core.tables import Table
from unified_customer.policy.grounds import Ground
from unified_customer.policy.legal_basis import ages_that_matter, asks_guardians, ground_under, overview_of
from unified_customer.policy.organisation import Controller, Notice, Recipient
from unified_customer.policy.regimes import Regime
from unified_customer.policy.retention import RetentionRule
from unified_customer.policy.rules import (
    DEFAULT_COLLECTION,
    DEFAULT_FORBIDDEN,
    DEFAULT_ROLE,
    Category,
    Collect,
    ReadOnly,
    Role,
    RoleName,
    over,
)
from unified_customer.policy.toml import to_toml
from unified_customer.policy.visibility import Columns, never_read, parted, seen_of

Jurisdiction = Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]


class Policy(Spec):
    """A frozen value that says what personal data may be used for; saved as JSON or TOML it loads back equal.

    A rule about a purpose holds for its children. The other way, a request for a whole is held to the strictest rule
    of its parts, so that nobody gets around a rule by naming the parent. In `forbidden` and `collection`, what is
    given is laid over the defaults, key by key.

    Raises:
        pydantic.ValidationError: A purpose is unknown, a legal basis does not exist, or a category is no dotted path.

    Examples:
        >>> policy = Policy(bases={"essential.service": "contract", "analytics": "legitimate_interests"})
        >>> policy.basis_of("analytics.reporting"), policy.basis_of("marketing")
        ('legitimate_interests', 'consent')
        >>> policy.may_see("marketing", "user.health_and_medical")
        False
        >>> Policy.from_toml(policy.to_toml()) == policy
        True
    """

    purposes: tuple[Purpose, ...] = ()
    """Purposes beside those of the taxonomy."""
    bases: Annotated[Mapping[Purpose, Ground], AfterValidator(over({})), ReadOnly] = Field(
        default={}, validate_default=True
    )
    """Purpose -> what it rests on; the nearest one above decides, and a purpose with none needs what the regime says
    (without one: consent)."""
    forbidden: Annotated[Mapping[Purpose, tuple[Category, ...]], AfterValidator(over(DEFAULT_FORBIDDEN)), ReadOnly] = (
        Field(default={}, validate_default=True)
    )
    """Purpose -> data categories that it may never read."""
    special_purposes: tuple[Purpose, ...] = ("essential",)
    """The only purposes that may read the special categories of GDPR Art. 9 and 10."""
    roles: Annotated[Mapping[RoleName, Role], AfterValidator(over({})), ReadOnly] = Field(
        default={}, validate_default=True
    )
    """Role -> what it may do. An actor may do what any of its roles may. One with none of these roles is held to the
    role `default`, where there is one."""
    resolve_purpose: Purpose = "essential.service"
    """What finding out which records are one person is done for."""
    collection: Annotated[Mapping[Category, Collect], AfterValidator(over(DEFAULT_COLLECTION)), ReadOnly] = Field(
        default={}, validate_default=True
    )
    """Data category -> what happens on the way in; the nearest one above decides, and without one it is kept."""

    regimes: Annotated[Mapping[str, Regime], AfterValidator(over({})), ReadOnly] = Field(
        default={}, validate_default=True
    )
    """The laws that people are under, by a name such as `gdpr`; without any, the rules above are all there is."""
    jurisdictions: Annotated[Mapping[Jurisdiction, str], AfterValidator(over({})), ReadOnly] = Field(
        default={}, validate_default=True
    )
    """Country or region (ISO 3166, `DE` or `US-CA`) -> name of its regime. Everybody else is under the strictest rule
    of all regimes."""
    unknown_age: Literal["adult", "minor"] = "adult"
    """What somebody is whose date of birth is not known."""
    narrower_yes: Literal["never", "later"] = "never"
    """Whether a yes about a part lifts an earlier no about the whole for that part: a no about the whole stands until
    it is lifted for the whole, or (`later`) a later yes counts for what it is about."""
    gpc: tuple[Purpose, ...] = ("marketing.advertising.third_party", "third_party_sharing")
    """What a Global Privacy Control signal objects to: sale and sharing."""
    retention: tuple[RetentionRule, ...] = ()
    """For how long what is kept; what no rule is about is kept by the defaults of the field dictionary."""
    parties: Annotated[Mapping[str, Party], AfterValidator(over({})), ReadOnly] = Field(
        default={}, validate_default=True
    )
    """Source -> who it is: the person (`zero`), ourselves (`first`), a partner (`second`), a broker (`third`)."""
    controller: Controller | None = None
    """Who answers for the data."""
    recipients: Annotated[Mapping[str, Recipient], AfterValidator(over({})), ReadOnly] = Field(
        default={}, validate_default=True
    )
    """Who gets data from the hub, by name."""
    notice: Notice | None = None
    """The privacy notice that people are shown."""

    @model_validator(mode="after")
    def _know_every_purpose(self) -> Self:
        named = [*self.bases, *self.forbidden, *self.special_purposes, self.resolve_purpose, *self.gpc]
        named += [purpose for each in self.recipients.values() for purpose in each.purposes]
        for role in self.roles.values():
            named += role.purposes or ()
        for purpose in named:
            self.check_purpose(purpose)
        return self

    @model_validator(mode="after")
    def _name_known_regimes(self) -> Self:
        unknown = sorted(set(self.jurisdictions.values()) - set(self.regimes))
        if unknown:
            message = f"jurisdictions names regimes that the policy does not have: {', '.join(unknown)}"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _rest_on_what_is_admitted(self) -> Self:
        for name, regime in self.regimes.items():
            for purpose, ground in self.bases.items():
                if not regime.admits(purpose, ground):
                    message = f"the regime {name!r} does not let {purpose!r} rest on {ground!r}; consent always may"
                    raise ValueError(message)
        return self

    @classmethod
    def strict(cls) -> Self:
        """Return the policy of a hub that was given none: every purpose needs consent."""
        return cls()

    @classmethod
    def quickstart(cls) -> Self:
        """Return a policy to learn with: service rests on the contract, analytics on legitimate interests."""
        return cls(bases={"essential.service": "contract", "analytics": "legitimate_interests"})

    @classmethod
    def gdpr(cls, **fields: Any) -> Self:
        """Return a policy under the General Data Protection Regulation; `fields` are the others of a policy."""
        return cls._under("gdpr", fields)

    @classmethod
    def uk(cls, **fields: Any) -> Self:
        """Return a policy under the UK GDPR and the Data Protection Act 2018."""
        return cls._under("uk", fields)

    @classmethod
    def ccpa(cls, **fields: Any) -> Self:
        """Return a policy under the California Consumer Privacy Act, as amended by the CPRA."""
        return cls._under("ccpa", fields)

    @classmethod
    def hipaa(cls, **fields: Any) -> Self:
        """Return a policy of an organisation that HIPAA covers."""
        return cls._under("hipaa", fields)

    @classmethod
    def worldwide(cls, **fields: Any) -> Self:
        """Return a policy under the GDPR, the UK GDPR, the CCPA and the laws of the other states of the United States.

        Each customer is under the law of their country or region; of whom it is not known, under the strictest.
        """
        from unified_customer.policy.laws import under

        return cls(**{**under("gdpr", "uk", "ccpa", "us_states"), **fields})

    @classmethod
    def _under(cls, name: str, fields: dict[str, Any]) -> Self:
        from unified_customer.policy.laws import under

        return cls(**{**under(name), **fields})

    @classmethod
    def from_toml(cls, text: str) -> Self:
        r"""Return the policy that a TOML text describes.

        Args:
            text: The content of the file, not its name.

        Returns:
            The policy.

        Raises:
            ConfigurationError: The text is no TOML, or does not describe a policy.

        Examples:
            >>> Policy.from_toml('[bases]\nanalytics = "legitimate_interests"').basis_of("analytics")
            'legitimate_interests'
        """
        try:
            return cls.model_validate(tomllib.loads(text))
        except (tomllib.TOMLDecodeError, ValidationError) as error:
            message = f"The text does not describe a policy: {error}"
            raise ConfigurationError(message) from error

    def to_toml(self) -> str:
        """Return the policy as TOML, with all defaults written out; equal policies give equal text."""
        return to_toml(self.model_dump(mode="json"))

    def check_purpose(self, purpose: str) -> str:
        """Return `purpose` if a read may name it.

        Raises:
            ConfigurationError: It is neither in the taxonomy nor declared; the message names the nearest one.
        """
        return check_purpose(purpose, declared=self.purposes)

    def check_stated_purpose(self, purpose: str) -> str:
        """Return `purpose` if a statement may be about it: a known one, or `"*"` for all.

        Raises:
            ConfigurationError: It is neither in the taxonomy nor declared nor `"*"`.
        """
        return purpose if purpose == EVERY_PURPOSE else self.check_purpose(purpose)

    def check_actor(self, purpose: str, actor: Actor) -> None:
        """Do nothing if `actor` may read for `purpose`.

        Raises:
            ConfigurationError: The purpose is unknown.
            ConsentError: No role of the actor may name it.
        """
        self.check_purpose(purpose)
        if not any(role.may_name(purpose) for role in self._roles_of(actor)):
            message = (
                f"The policy does not let an actor with the roles {list(actor.roles)} read for {purpose!r}."
                " Name another purpose, or give the role that purpose in Policy(roles=...)."
            )
            raise ConsentError(message)

    def basis_of(self, purpose: str, *, jurisdiction: str | None = None, years: int | None = None) -> Ground:
        """Return what `purpose` rests on: the nearest rule above, or a stricter one of a part.

        Args:
            purpose: What the data are wanted for.
            jurisdiction: Country or region of the person (`DE`, `US-CA`); None: not known, so that the strictest
                regime counts.
            years: Age of the person in full years; None: not known, see `unknown_age`.

        Raises:
            ConfigurationError: The purpose is unknown.

        Examples:
            >>> policy = Policy(bases={"essential": "contract", "essential.fraud_detection": "legitimate_interests"})
            >>> policy.basis_of("essential.service"), policy.basis_of("essential")
            ('contract', 'legitimate_interests')
            >>> worldwide = Policy.worldwide()
            >>> [worldwide.basis_of("marketing", jurisdiction=each) for each in ("US-CA", "DE", None)]
            ['opt_out', 'consent', 'consent']
        """
        regimes = self._regimes_of(jurisdiction)
        return ground_under(regimes, self.check_purpose(purpose), bases=self.bases, years=self._age(years))

    def _age(self, years: int | None) -> int | None:
        return years if years is not None or self.unknown_age == "adult" else 0

    def regime_of(self, jurisdiction: str | None) -> str | None:
        """Return the name of the regime of a country or region; None: it is not known which, or there are none.

        Examples:
            >>> [Policy.worldwide().regime_of(each) for each in ("US-CA", "FR", "FR-75C", "BR", None)]
            ['ccpa', 'gdpr', 'gdpr', None, None]
        """
        if jurisdiction is None:
            return None
        return self.jurisdictions.get(jurisdiction, self.jurisdictions.get(jurisdiction.partition("-")[0]))

    def _regimes_of(self, jurisdiction: str | None) -> tuple[Regime, ...]:
        name = self.regime_of(jurisdiction)
        return (self.regimes[name],) if name is not None else self.every_regime

    @property
    def every_regime(self) -> tuple[Regime, ...]:
        """The regimes of the policy; without any, the one that asks for consent where nothing else is named."""
        return tuple(self.regimes.values()) or (Regime(title="No regime"),)

    @property
    def by_person(self) -> bool:
        """Whether what a purpose rests on differs by where people live or how old they are."""
        return bool(self.jurisdictions or self.ages)

    @property
    def ages(self) -> tuple[int, ...]:
        """The ages, in years, at which a rule about minors ends, youngest first."""
        return tuple(ages_that_matter(self.every_regime))

    def asks_guardians_of(self, *, jurisdiction: str | None = None, years: int | None = None) -> bool:
        """Return whether there are purposes for which a guardian has to say yes, of somebody of this place and age.

        For the arguments see `basis_of`.
        """
        return asks_guardians(self._regimes_of(jurisdiction), bases=self.bases, years=self._age(years))

    def overview(self) -> pl.DataFrame:
        """Return what every known purpose rests on, under every regime and at every age that matters.

        Returns:
            `regime` (null: not known which), `below` (years of age; null: of age), `purpose`, `basis`.

        Examples:
            >>> Policy.ccpa().overview().filter(regime="ccpa", below=16, purpose="third_party_sharing")["basis"].item()
            'consent'
        """
        return overview_of(self.regimes, self.every_regime, sorted(known_purposes(self.purposes)), bases=self.bases)

    def difference(self, other: "Policy") -> str:
        """Return the lines of TOML in which `other` differs, as a unified diff; empty where they are equal.

        Examples:
            >>> changed = Policy(bases={"analytics": "legitimate_interests"})
            >>> [line for line in Policy().difference(changed).splitlines() if line.startswith("+a")]
            ['+analytics = "legitimate_interests"']
        """
        lines = unified_diff(self.to_toml().splitlines(), other.to_toml().splitlines(), "before", "after", lineterm="")
        return "\n".join(lines)

    def may_see(self, purpose: str, category: str, *, actor: Actor = LOCAL) -> bool:
        """Return whether `actor` may see values of a data `category` when it reads for `purpose`.

        Raises:
            ConfigurationError: The purpose is unknown.
        """
        return self._visible({category}, purpose, actor) == {category}

    def visible_columns(self, table: Table, purpose: str, *, actor: Actor = LOCAL) -> Columns:
        """Return the columns of `table` that a read may see and those that are withheld, in the table's order.

        Raises:
            ConfigurationError: The purpose is unknown.

        Examples:
            >>> from unified_customer.core.tables import table
            >>> Policy().visible_columns(table("customers"), "marketing").withheld
            ('traits', 'traits_source', 'traits_observed_at')
        """
        seen = self._visible({field.category for field in table.fields.values()}, purpose, actor)
        return parted(table, seen)

    def collect(self, category: str = UNCLASSIFIED) -> Collect:
        """Return what happens to values of a data `category` on their way in.

        Args:
            category: Of the column; a column that nobody described is `user.unclassified`.

        Returns:
            What the nearest rule above says.

        Examples:
            >>> policy = Policy(collection={"user.contact": "hash", "user.unclassified": "drop"})
            >>> policy.collect("user.contact.email"), policy.collect(), policy.collect("user.name")
            ('hash', 'drop', 'keep')
        """
        return next((self.collection[each] for each in ancestors(category) if each in self.collection), "keep")

    def _visible(self, categories: Iterable[str], purpose: str, actor: Actor) -> set[str]:
        rules = (self.forbidden, *(regime.forbidden for regime in self.every_regime))
        never = never_read(self.check_purpose(purpose), rules, special_purposes=self.special_purposes)
        hidden = [role.hidden for role in self._roles_of(actor) if role.may_name(purpose)]
        return seen_of(categories, never=never, hidden=hidden)

    def _roles_of(self, actor: Actor) -> list[Role]:
        named = [self.roles[each] for each in actor.roles if each in self.roles]
        return named or [self.roles.get(DEFAULT_ROLE, Role())]

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_json, (self.to_json(),)
