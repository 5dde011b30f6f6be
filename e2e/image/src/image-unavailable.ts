import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** There is no image to test; the message is one line with the reason. */
export class ImageUnavailable extends Error {
  override readonly name = 'ImageUnavailable'
}

/** Waits for a download by a program. @throws ImageUnavailable with the last line of its output if it fails */
export async function gotten<T>(what: string, getting: Promise<T>): Promise<T> {
  try {
    return await getting
  } catch (cause) {
    const said = (cause instanceof Error ? cause.message : String(cause)).trimEnd().split('\n').at(-1) ?? ''
    throw new ImageUnavailable(`${what} could not be had: ${said}`, { cause })
  }
}

/** @throws ImageUnavailable if this machine lacks a requirement of the build */
export function checkMachine(): void {
  const { platform } = process
  if (platform !== 'linux') throw new ImageUnavailable(`an image is built on Linux, and this is ${platform}`)
  if (process.getuid?.() !== 0) throw new ImageUnavailable('an image is built as root, who may mount; run it with sudo')
  const missing = ['apt-get', 'dpkg-deb', 'unshare'].filter((name) => !existsSync(`/usr/bin/${name}`))
  if (missing.length > 0)
    throw new ImageUnavailable(`an image is built of Debian's packages; there is no ${missing.join()}`)
  if (spawnSync('unshare', ['--mount', 'true']).status !== 0)
    throw new ImageUnavailable('an image is built in a mount namespace, and this process may make none')
}

/** @throws ImageUnavailable unless this run builds images, which takes minutes */
export function checkBuildAllowed({ IMAGE_BUILD, IMAGE_TEST }: Readonly<Record<string, string | undefined>>): void {
  if (IMAGE_BUILD === 'fresh' || IMAGE_TEST === 'required') return
  throw new ImageUnavailable('no image of these sources was built today; npm run image-test builds one')
}
