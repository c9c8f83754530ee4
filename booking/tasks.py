from celery import shared_task

from booking.services import day_end, holds, learning, screens


@shared_task(name="booking.expire_holds")
def expire_holds() -> None:
    holds.expire_due()


@shared_task(name="booking.refresh_waits")
def refresh_waits() -> None:
    screens.refresh_waits()


@shared_task(name="booking.close_past_days")
def close_past_days() -> None:
    day_end.close_past_days()


@shared_task(name="booking.learn_times")
def learn_times() -> None:
    learning.learn()
