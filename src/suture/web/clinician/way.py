"""Where a tap on Navigate leads: the phone's own map, by coordinates only. Nothing leaves before she taps."""


def way_to(point: tuple[float, float], user_agent: str) -> str:
    """An address that opens driving directions: `geo:` where Android asks which map, else a map on the web."""
    at = f"{point[0]:.6f},{point[1]:.6f}"
    if "Android" in user_agent:
        return f"geo:{at}?q={at}"
    if any(device in user_agent for device in ("iPhone", "iPad", "iPod")):
        return f"https://maps.apple.com/?daddr={at}&dirflg=d"
    return f"https://www.openstreetmap.org/directions?to={at}"
