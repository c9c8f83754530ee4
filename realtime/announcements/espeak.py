"""Reads text from stdin and writes espeak-ng's WAV to stdout. Run as a process of its own."""

import ctypes
import io
import sys
import wave

import espeakng_loader

SYNCHRONOUS = 2
DONT_EXIT = 0x8000
UTF8 = 1
RATE_WPM = 140
_RATE_PARAMETER = 1


def main() -> int:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    data = espeakng_loader.get_data_path().encode()
    rate = library.espeak_Initialize(SYNCHRONOUS, 0, data, DONT_EXIT)
    if rate <= 0 or library.espeak_SetVoiceByName(b"pt") != 0:
        return 1
    samples = bytearray()

    def collect(wave_start: int | None, count: int, _events: int | None) -> int:
        if wave_start and count > 0:
            samples.extend(ctypes.string_at(wave_start, count * 2))
        return 0

    # Kept by name: the library calls it until the end, and would call what was collected.
    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(
        collect
    )
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetParameter(_RATE_PARAMETER, RATE_WPM, 0)
    text = sys.stdin.buffer.read() + b"\0"
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ]
    if library.espeak_Synth(text, len(text), 0, 1, 0, UTF8, None, None) != 0 or not samples:
        return 1
    file = io.BytesIO()
    with wave.open(file, "wb") as clip:
        clip.setnchannels(1)
        clip.setsampwidth(2)
        clip.setframerate(rate)
        clip.writeframes(bytes(samples))
    sys.stdout.buffer.write(file.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main())
