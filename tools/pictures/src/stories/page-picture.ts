import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { ROOT } from '@ack-secret-manager/chart/root'
import { openChromium } from '@ack-secret-manager/debian/chromium'
import type { PictureCluster } from './picture-cluster.ts'

const SIZE = { width: 1_200, height: 820 }
const START_MS = 120_000
const FONT = "'Noto Sans CJK SC', sans-serif"

/** The overview of `acksm ui` as PNG, in the light theme. Builds the pages, which a checkout may have in an older form. */
export async function pictureOfPage(
  { cwd, env }: Awaited<ReturnType<PictureCluster['shell']>>,
  operatorNamespace: string,
): Promise<Uint8Array> {
  await promisify(execFile)('npm', ['run', 'build', '-w', '@ack-secret-manager/ui'], { cwd: fileURLToPath(ROOT) })
  const args = ['ui', '-A', '--no-open', '--read-only', '--operator-namespace', operatorNamespace]
  const server = spawn(path.join(path.dirname(cwd), 'bin/acksm'), args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(server, 'exit')
  try {
    const [url] = (await once(createInterface({ input: server.stdout }), 'line', {
      signal: AbortSignal.timeout(START_MS),
    })) as [string]
    await using browser = await openChromium()
    const look = { reducedMotion: 'reduce', colorScheme: 'light' } as const
    const page = await browser.newPage({ viewport: SIZE, ...look, bypassCSP: true })
    await page.goto(url)
    // The page takes the font of the system, and here that has serifs.
    await page.addStyleTag({ content: `:root { --sans: ${FONT}; }` })
    await page.locator('.cause', { hasText: 'AccessDenied' }).waitFor()
    return await page.screenshot()
  } finally {
    server.kill('SIGINT')
    await ended
  }
}
