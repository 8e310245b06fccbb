"""Unplugs or replaces the monitor of $DISPLAY (Xvfb), as the X server tells programs of it.

usage: monitor.py off | WIDTHxHEIGHT; exit status 1 when this server cannot.
"""
import ctypes
import ctypes.util
import sys

x11 = ctypes.CDLL("libX11.so.6")
randr = ctypes.CDLL("libXrandr.so.2")
ulong, pointer = ctypes.c_ulong, ctypes.c_void_p


class ModeInfo(ctypes.Structure):
    _fields_ = [("id", ulong), ("width", ctypes.c_uint), ("height", ctypes.c_uint),
                ("clock", ulong), ("sync", ctypes.c_uint * 7), ("name", ctypes.c_char_p),
                ("name_length", ctypes.c_uint), ("flags", ulong)]


class Resources(ctypes.Structure):
    _fields_ = [("timestamp", ulong), ("config_timestamp", ulong),
                ("ncrtc", ctypes.c_int), ("crtcs", ctypes.POINTER(ulong)),
                ("noutput", ctypes.c_int), ("outputs", ctypes.POINTER(ulong)),
                ("nmode", ctypes.c_int), ("modes", ctypes.POINTER(ModeInfo))]


x11.XOpenDisplay.restype = pointer
x11.XDefaultRootWindow.restype = ulong
x11.XDefaultRootWindow.argtypes = [pointer]
x11.XSync.argtypes = [pointer, ctypes.c_int]
randr.XRRGetScreenResources.restype = ctypes.POINTER(Resources)
randr.XRRGetScreenResources.argtypes = [pointer, ulong]
randr.XRRSetCrtcConfig.argtypes = [
    pointer, ctypes.POINTER(Resources), ulong, ulong, ctypes.c_int, ctypes.c_int, ulong,
    ctypes.c_ushort, ctypes.POINTER(ulong), ctypes.c_int]
randr.XRRSetScreenSize.argtypes = [pointer, ulong] + [ctypes.c_int] * 4
randr.XRRCreateMode.restype = ulong
randr.XRRCreateMode.argtypes = [pointer, ulong, ctypes.POINTER(ModeInfo)]
randr.XRRAllocModeInfo.restype = ctypes.POINTER(ModeInfo)
randr.XRRAllocModeInfo.argtypes = [ctypes.c_char_p, ctypes.c_int]
randr.XRRAddOutputMode.argtypes = [pointer, ulong, ulong]

display = x11.XOpenDisplay(None)
if not display:
    sys.exit(1)
root = x11.XDefaultRootWindow(display)
resources = randr.XRRGetScreenResources(display, root)
if not resources or resources.contents.ncrtc < 1 or resources.contents.noutput < 1:
    sys.exit(1)
crtc, output = resources.contents.crtcs[0], resources.contents.outputs[0]
status = randr.XRRSetCrtcConfig(display, resources, crtc, 0, 0, 0, 0, 1, None, 0)
if sys.argv[1] != "off" and status == 0:
    width, height = (int(part) for part in sys.argv[1].split("x"))
    mode = 0
    for i in range(resources.contents.nmode):
        known = resources.contents.modes[i]
        if (known.width, known.height) == (width, height):
            mode = known.id
    if not mode:
        name = sys.argv[1].encode()
        info = randr.XRRAllocModeInfo(name, len(name))
        info.contents.width, info.contents.height = width, height
        mode = randr.XRRCreateMode(display, root, info)
        randr.XRRAddOutputMode(display, output, mode)
    randr.XRRSetScreenSize(display, root, width, height, width // 4, height // 4)
    status = randr.XRRSetCrtcConfig(display, resources, crtc, 0, 0, 0, mode, 1,
                                    ctypes.byref(ulong(output)), 1)
x11.XSync(display, 0)
sys.exit(0 if status == 0 else 1)
