// What a browser can tell of the computer it runs on. It never guesses: what it cannot tell is null.

/** @returns {"windows"|"macos"|"linux"|"phone"|null} */
export function system() {
  const hint = navigator.userAgentData?.platform ?? "";
  const agent = navigator.userAgent;
  if (navigator.userAgentData?.mobile || /Android|iPhone|iPad|iPod|Mobile/.test(agent)) return "phone";
  if (/^Windows$/.test(hint) || /Windows NT/.test(agent)) return "windows";
  if (/^macOS$/.test(hint) || /Macintosh/.test(agent)) {
    // An iPad says that it is a Mac; no Mac has a touch screen.
    return navigator.maxTouchPoints > 1 ? "phone" : "macos";
  }
  if (/CrOS/.test(agent)) return null;
  if (/^Linux$/.test(hint) || /Linux|X11/.test(agent)) return "linux";
  return null;
}

/** The number of threads that the processor runs at once. */
export function threads() {
  return navigator.hardwareConcurrency || null;
}

/** The graphics card's name: by WebGPU, else by WebGL, else only of which make it is. */
export async function graphics() {
  const info = await byWebGpu();
  return named(info?.description) ?? byWebGl() ?? kindOf(info);
}

const WEBGPU_MS = 2000; // a driver that hangs must not hold up the page

async function byWebGpu() {
  try {
    const late = new Promise((resolve) => setTimeout(resolve, WEBGPU_MS, null));
    const adapter = await Promise.race([navigator.gpu?.requestAdapter(), late]);
    if (!adapter || adapter.isFallbackAdapter || adapter.info?.isFallbackAdapter) return null;
    return adapter.info ?? null;
  } catch {
    return null;
  }
}

const VENDORS = { nvidia: "NVIDIA", amd: "AMD", intel: "Intel", apple: "Apple" };

/** Most browsers tell through WebGPU only this, so that nobody is known by it. */
function kindOf(info) {
  const vendor = VENDORS[info?.vendor?.toLowerCase()];
  if (!vendor) return null;
  return info.architecture ? `${vendor} (${info.architecture})` : vendor;
}

function byWebGl() {
  try {
    const context = document.createElement("canvas").getContext("webgl");
    const known = context?.getExtension("WEBGL_debug_renderer_info");
    const name = context?.getParameter(known ? known.UNMASKED_RENDERER_WEBGL : context.RENDERER);
    context?.getExtension("WEBGL_lose_context")?.loseContext();
    return named(name);
  } catch {
    return null;
  }
}

/** "ANGLE (NVIDIA, NVIDIA GeForce RTX 3080 (0x00002206) Direct3D11 vs_5_0 …)" as the card's name. */
function named(text) {
  if (!text) return null;
  const inner = /^ANGLE \([^,]*, (.*?)(, [^,]*)?\)$/.exec(text)?.[1] ?? text;
  const name = inner
    .replace(/^ANGLE Metal Renderer: /, "")
    .replace(/ ?\(0x[0-9A-Fa-f]+\)/g, "")
    .replace(/ (Direct3D|OpenGL|Vulkan).*$/, "")
    .replace(/\/PCIe.*$/, "")
    .trim();
  const software = /SwiftShader|llvmpipe|softpipe|Basic Render|^WebKit WebGL$|^Mozilla$/i;
  return name && !software.test(name) ? name : null;
}
