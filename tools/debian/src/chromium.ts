import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cachedDirectory } from '@ack-secret-manager/control-plane'
import { type Browser, chromium } from 'playwright-core'
import { DebianPackages } from './debian-packages.ts'

/** With fonts for Latin and Chinese text. */
const PACKAGES = ['chromium-headless-shell', 'fonts-dejavu-core', 'fonts-noto-cjk']
/** The system's fonts too: apt does not download a package that is installed. */
const FONTS = `<?xml version="1.0"?><fontconfig><dir prefix="relative">usr/share/fonts</dir><dir>/usr/share/fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>
`
const LAUNCH_DEADLINE_MS = 120_000

/**
 * The headless shell of Chromium from Debian's packages, which the first call downloads into the cache (150 MB). It reaches loopback
 * addresses only.
 * @throws DebianUnavailable if this machine has no apt, or no package can be downloaded
 */
export async function openChromium(): Promise<Browser> {
  const root = await chromiumRoot()
  await writeFile(path.join(root, 'fonts.conf'), FONTS)
  const libraries = ['', 'chromium', 'pulseaudio'].map((name) =>
    name === 'chromium' ? `${root}/usr/lib/chromium` : path.join(root, 'usr/lib', multiarch(), name),
  )
  return chromium.launch({
    executablePath: path.join(root, 'usr/lib/chromium/chromium-headless-shell'),
    // Tests run as root in containers, where the sandbox of Chromium cannot start. Pages are our own.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
    env: {
      ...process.env,
      LD_LIBRARY_PATH: libraries.join(':'),
      FONTCONFIG_FILE: path.join(root, 'fonts.conf'),
    },
    timeout: LAUNCH_DEADLINE_MS,
  })
}

async function chromiumRoot(): Promise<string> {
  const system = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const fingerprint = createHash('sha256')
    .update(system + PACKAGES.join())
    .digest('hex')
  const entry = `chromium-${fingerprint.slice(0, 12)}-${process.arch}`
  return cachedDirectory('chromium', entry, async (directory, progress) => {
    progress.stage('downloading Chromium')
    const apt = path.join(directory, 'apt')
    const packages = await DebianPackages.open(apt)
    await packages.unpackWithNeeds(PACKAGES, directory)
    await rm(apt, { recursive: true })
    progress.done('downloaded Chromium')
  })
}

function multiarch(): string {
  return process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
}
