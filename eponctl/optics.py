"""Optical history by change, and its hourly roll-up. Pure.

A poll a minute would fill the disk with noise, so a sample is kept when it leaves a dead band
around the last one that was kept; the band follows the ONU's own noise. Averages do not suffer:
running sums, weighted by time, see every reading. Values are whole numbers: 0.01 dBm, 0.1 degrees.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

HOUR_S = 3600
DAY_S = 86400
NARROWEST_BAND = 50
WIDEST_BAND = 400
# Five standard deviations, told from the mean step between readings (1.128 of one deviation).
BAND_PER_STEP = 4.5
NOISE_MEMORY = 16
TEMPERATURE_BAND = 50
# Beyond this many samples a day the band is doubled: an ONU that will not be quiet.
SAMPLES_A_DAY = 16
# And beyond this many nothing is kept any more; the hours still tell.
MOST_SAMPLES_A_DAY = 64
MOST = 32000


class Sample(NamedTuple):
    """A point of the history; None: the ONU is not up, or gives no value."""

    at: int
    rx: int | None
    temperature: int | None


class HourRow(NamedTuple):
    """One hour of one ONU; averages are over the time it gave values."""

    hour: int
    rx_min: int | None
    rx_avg: int | None
    rx_max: int | None
    temperature_avg: int | None
    temperature_max: int | None


class Track(NamedTuple):
    """The running sums of one ONU: the last reading, the last sample kept, this hour so far."""

    last_at: int
    last_rx: int | None
    last_temperature: int | None
    kept_rx: int | None
    kept_temperature: int | None
    noise: float
    hour: int
    rx_s: int
    rx_sum: int
    rx_min: int | None
    rx_max: int | None
    temperature_s: int
    temperature_sum: int
    temperature_max: int | None
    day: int
    samples: int


def follow(
    track: Track | None, now: int, rx_dbm: float | None, temperature_c: float | None
) -> tuple[Track, Sample | None, HourRow | None]:
    """The track with this reading in it, the sample worth keeping, and the hour that has ended.

    The very same track comes back when nothing has changed, so that nothing need be written.
    """
    rx, temperature = _scaled(rx_dbm, 100), _scaled(temperature_c, 10)
    hour = now // HOUR_S
    if track is None:
        return _begun(now, rx, temperature), Sample(now, rx, temperature), None
    if track.hour == hour and track.last_rx == rx and track.last_temperature == temperature:
        return track, None, None
    ended = None
    if track.hour != hour:
        track, ended = _turned(track, hour)
    held_s = max(0, now - track.last_at)
    last_rx, last_warm, noise = track.last_rx, track.last_temperature, track.noise
    if rx is not None and last_rx is not None:
        noise += (abs(rx - last_rx) - noise) / NOISE_MEMORY
    keep = _is_worth_keeping(track, rx, temperature, noise, now)
    day = now // DAY_S
    # Built once, not field by field: this runs for every ONU in every poll.
    following = Track(
        now,
        rx,
        temperature,
        rx if keep else track.kept_rx,
        temperature if keep else track.kept_temperature,
        noise,
        hour,
        track.rx_s if last_rx is None else track.rx_s + held_s,
        track.rx_sum if last_rx is None else track.rx_sum + last_rx * held_s,
        _least(track.rx_min, rx),
        _most(track.rx_max, rx),
        track.temperature_s if last_warm is None else track.temperature_s + held_s,
        track.temperature_sum if last_warm is None else track.temperature_sum + last_warm * held_s,
        _most(track.temperature_max, temperature),
        day if keep else track.day,
        (track.samples + 1 if track.day == day else 1) if keep else track.samples,
    )
    return following, Sample(now, rx, temperature) if keep else None, ended


def _scaled(value: float | None, factor: int) -> int | None:
    """A whole number that fits two bytes; what does not is no measurement."""
    if value is None or not abs(value) <= MOST / factor:
        return None
    return round(value * factor)


def _begun(now: int, rx: int | None, temperature: int | None) -> Track:
    hour, day = now // HOUR_S, now // DAY_S
    return Track(
        now, rx, temperature, rx, temperature, 0.0, hour, 0, 0, rx, rx, 0, 0, temperature, day, 1
    )


def _summed(track: Track, until: int) -> Track:
    """The last reading held from when it was taken until now."""
    held_s = until - track.last_at
    if held_s <= 0:
        return track
    rx, temperature = track.last_rx, track.last_temperature
    if rx is not None:
        track = track._replace(rx_s=track.rx_s + held_s, rx_sum=track.rx_sum + rx * held_s)
    if temperature is not None:
        track = track._replace(
            temperature_s=track.temperature_s + held_s,
            temperature_sum=track.temperature_sum + temperature * held_s,
        )
    return track


def _turned(track: Track, hour: int) -> tuple[Track, HourRow | None]:
    """The hour that ended, and a track for the one that began; a gap between them stays a gap."""
    old = _summed(track, (track.hour + 1) * HOUR_S)
    ended = None
    if old.rx_max is not None or old.temperature_max is not None:
        ended = HourRow(
            old.hour,
            old.rx_min,
            _average(old.rx_sum, old.rx_s, old.rx_max),
            old.rx_max,
            _average(old.temperature_sum, old.temperature_s, old.temperature_max),
            old.temperature_max,
        )
    is_next = hour == track.hour + 1
    fresh = old._replace(
        hour=hour,
        last_at=hour * HOUR_S if is_next else track.last_at,
        last_rx=track.last_rx if is_next else None,
        last_temperature=track.last_temperature if is_next else None,
        rx_s=0,
        rx_sum=0,
        rx_min=None,
        rx_max=None,
        temperature_s=0,
        temperature_sum=0,
        temperature_max=None,
    )
    return fresh, ended


def so_far(track: Track, now: int) -> HourRow | None:
    """The hour that runs, or was the last to run, as it would be if it ended now."""
    old = _summed(track, min(now, (track.hour + 1) * HOUR_S))
    _, ended = _turned(old._replace(last_rx=None, last_temperature=None), track.hour + 1)
    return ended


def _is_worth_keeping(
    track: Track, rx: int | None, temperature: int | None, noise: float, now: int
) -> bool:
    kept, kept_warm = track.kept_rx, track.kept_temperature
    today = track.samples if track.day == now // DAY_S else 0
    if today >= MOST_SAMPLES_A_DAY:
        return False
    if (rx is None) != (kept is None):
        return True
    patience = 2 if today >= SAMPLES_A_DAY else 1
    if rx is not None and kept is not None:
        band = min(max(NARROWEST_BAND, noise * BAND_PER_STEP), WIDEST_BAND)
        if abs(rx - kept) >= band * patience:
            return True
    if temperature is None or kept_warm is None:
        return False
    return abs(temperature - kept_warm) >= TEMPERATURE_BAND * patience


def _average(total: int, seconds: int, instead: int | None) -> int | None:
    return round(total / seconds) if seconds else instead


def _least(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _most(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


def is_quiet(data: bytes, now: int, rx_dbm: float | None, temperature_c: float | None) -> bool:
    """Whether `follow` would give this packed track back as it is; without unpacking all of it."""
    _, rx, temperature = _HEAD.unpack_from(data)
    if now // HOUR_S != _HOUR.unpack_from(data, _HOUR_AT)[0]:
        return False
    return (_scaled(rx_dbm, 100), _scaled(temperature_c, 10)) == (
        None if rx == _NONE else rx,
        None if temperature == _NONE else temperature,
    )


_PACKED = struct.Struct("<IhhhhdIHihhHihHH")
_HEAD, _HOUR = struct.Struct("<Ihh"), struct.Struct("<I")
_HOUR_AT = struct.calcsize("<Ihhhhd")
_NONE = -32768
_OPTIONAL = (1, 2, 3, 4, 9, 10, 13)


def packed(track: Track) -> bytes:
    """46 bytes; the database keeps them as they are."""
    return _PACKED.pack(*[_NONE if value is None else value for value in track])


def unpacked(data: bytes) -> Track:
    """The inverse of `packed`."""
    values = list(_PACKED.unpack(data))
    for place in _OPTIONAL:
        if values[place] == _NONE:
            values[place] = None
    return Track._make(values)
