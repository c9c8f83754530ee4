"""What the reception sees of money that needs a person, and how it is put away."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from billing.payments.models import PaymentIssue
from booking.models import Appointment
from clinic.accounts.models import User
from clinic.core import clock
from clinic.core.models import AuditEntry
from tests.billing import factories

pytestmark = pytest.mark.django_db

ISSUES = "/admin/billing/paymentissue/"


def site_of(username: str, *permissions: str) -> Client:
    user = factories.user(username, role="manager", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def issue(held: Appointment) -> PaymentIssue:
    return PaymentIssue.objects.create(
        kind="late", payment=factories.multibanco(held), created_at=clock.now()
    )


def settle(site: Client, issue: PaymentIssue) -> int:
    chosen = {"action": "mark_as_settled", "_selected_action": [str(issue.pk)]}
    return site.post(ISSUES, chosen).status_code


def test_open_issues_are_on_the_list_and_settled_ones_are_not(issue: PaymentIssue) -> None:
    done = PaymentIssue.objects.create(
        kind="orphan", created_at=clock.now(), resolved_at=clock.now()
    )
    site = site_of("gil", "view_paymentissue")

    def shown(query: str) -> set[str]:
        return {row.pk for row in site.get(ISSUES + query).context["cl"].result_list}

    assert shown("") == {issue.pk}
    assert shown("?state=settled") == {done.pk}
    assert shown("?state=all") == {issue.pk, done.pk}


def test_an_issue_is_marked_as_settled_once_and_the_log_says_by_whom(issue: PaymentIssue) -> None:
    site = site_of("gil", "view_paymentissue", "change_paymentissue")

    assert [settle(site, issue), settle(site, issue)] == [302, 302]

    issue.refresh_from_db()
    assert issue.resolved_at is not None
    entry = AuditEntry.objects.get(action="payment_issue.settled")
    assert entry.actor_id == str(User.objects.get(username="gil").pk)
    assert issue.payment is not None
    assert (entry.subject_id, entry.patient_id) == (str(issue.pk), issue.payment.patient_id)
    assert entry.data == {"kind": "late"}


def test_who_may_only_look_settles_nothing(issue: PaymentIssue) -> None:
    site = site_of("gil", "view_paymentissue")

    settle(site, issue)

    issue.refresh_from_db()
    assert issue.resolved_at is None
    assert not AuditEntry.objects.filter(action="payment_issue.settled").exists()
