from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from clinic.accounts import services
from clinic.accounts.addresses import client_address
from clinic.accounts.models import Device, Session, User
from clinic.accounts.principals import actor_of
from clinic.core import audit
from clinic.core.admin import ReadOnly
from clinic.core.audit import Actor
from clinic.core.errors import DomainError

# Django's own classes take type parameters in the stubs only.
if TYPE_CHECKING:
    from django.forms import ModelForm

    CreationForm = AdminUserCreationForm[User]
    UserAdminBase = DjangoUserAdmin[User]
else:
    CreationForm, UserAdminBase = AdminUserCreationForm, DjangoUserAdmin

# If somebody else changes one of these, the person's sessions end.
SENSITIVE = frozenset({"role", "is_active", "is_staff", "is_superuser", "username"})


class LoginForm(AdminAuthenticationForm):
    """Its failed logins count together with those of the API."""

    def clean(self) -> dict[str, Any]:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if username and password and self.request is not None:
            try:
                user = services.verify_credentials(
                    username=username, password=password, address=client_address(self.request)
                )
            except DomainError as error:
                language = translation.get_language() or "pt"
                raise ValidationError(error.detail(language), code=error.code) from error
            self.confirm_login_allowed(user)
            self.user_cache = user
        return self.cleaned_data


admin.site.login_form = LoginForm


def _actor(request: HttpRequest) -> Actor:
    if not isinstance(request.user, User):
        raise TypeError("only users can use the administration site")
    return actor_of(request.user)


class NewUserForm(CreationForm):
    class Meta:
        model = User
        fields = ("username", "full_name", "role")


@admin.register(User)
class UserAdmin(UserAdminBase):
    add_form = NewUserForm
    list_display = ("username", "full_name", "role", "is_active", "date_joined")
    list_filter = ("role", "is_active")
    search_fields = ("username", "full_name", "phone", "email")
    ordering = ("full_name",)
    readonly_fields = ("date_joined", "label_choice")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password", "role", "is_active")}),
        ("Person", {"fields": ("full_name", "email", "phone", "birth_date", "language")}),
        ("Screens", {"fields": ("label_choice",)}),
        ("Administration", {"fields": ("is_staff", "is_superuser", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    "username",
                    "full_name",
                    "role",
                    "usable_password",
                    "password1",
                    "password2",
                ),
            },
        ),
    )

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody can give an erased person a name again, or let somebody log in as them."""
        is_erased = obj is not None and obj.erased_at is not None
        return not is_erased and super().has_change_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: User, form: "ModelForm[User]", change: bool
    ) -> None:
        """Save, record who changed which fields, and end the sessions that no longer fit the
        account."""
        actor = _actor(request)
        changed = sorted(form.changed_data)
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            audit.record(
                "account.edited" if change else "account.created",
                actor=actor,
                subject=obj,
                patient_id=None if obj.is_clinic_staff else obj.pk,
                fields=[name for name in changed if "password" not in name],
            )
            if change and SENSITIVE.intersection(changed):
                services.revoke_sessions(obj.pk, actor=actor, reason="account_edited")

    @method_decorator(sensitive_post_parameters())
    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Django's view doesn't call `save_model`, so what a new password needs is done here."""
        with transaction.atomic():
            before = self.get_object(request, unquote(id))
            response = super().user_change_password(request, id, form_url)
            after = self.get_object(request, unquote(id))
            if before is not None and after is not None and before.password != after.password:
                services.password_was_reset(after, actor=_actor(request))
        return response


@admin.register(Session)
class SessionAdmin(ReadOnly):
    list_display = ("user", "created_at", "last_seen_at", "expires_at", "revoked_at")
    list_filter = ("revoked_at",)
    search_fields = ("user__username",)
    exclude = ("jti", "prev_jti")
    actions = ("end_sessions",)

    @admin.action(description="End the selected sessions", permissions=["view"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        for session in queryset:
            services.revoke_session(
                session.pk, actor=_actor(request), reason="ended_by_administrator"
            )


@admin.register(Device)
class DeviceAdmin(ReadOnly):
    list_display = ("name", "kind", "paired_at", "last_seen_at", "revoked_at")
    list_filter = ("kind",)
    exclude = ("token_hash", "code_hash")
