"""How a session or a device is named between the processes that must close its sockets."""

from uuid import UUID


def of_session(session_id: UUID) -> str:
    return f"session.{session_id.hex}"


def of_device(device_id: UUID) -> str:
    return f"device.{device_id.hex}"
