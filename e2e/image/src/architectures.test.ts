import { cp, glob, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '@ack-secret-manager/chart/root'
import { runProgram } from '@ack-secret-manager/chart/programs/run-program'

interface Manifest {
  readonly workspaces: readonly string[]
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity?: string }>>
}

const root = fileURLToPath(ROOT)
const read = async <T>(name: string): Promise<T> => JSON.parse(await readFile(path.join(root, name), 'utf8')) as T

describe('the build of the image on', { timeout: 180_000 }, () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'acksm-architectures-'))
    const { workspaces } = await read<Manifest>('package.json')
    const manifests = workspaces.map((pattern) => `${pattern}/package.json`)
    for await (const name of glob([...manifests, 'package.json', 'package-lock.json'], { cwd: root })) {
      await mkdir(path.dirname(path.join(directory, name)), { recursive: true })
      await cp(path.join(root, name), path.join(directory, name))
    }
  }, 120_000)
  afterAll(() => rm(directory, { recursive: true, force: true }))

  /** Packages that the Dockerfile's `npm ci` installs on this architecture, according to the lockfile. */
  async function installed(cpu: string): Promise<string[]> {
    const there = ['--os=linux', `--cpu=${cpu}`, '--libc=glibc']
    const options = ['--dry-run', '--offline', '--ignore-scripts', '--loglevel=error']
    const printed = await runProgram('npm', ['ci', ...options, ...there], { cwd: directory })
    return [...printed.matchAll(/^add (\S+) \S+$/gm)].map(([, name = '']) => name)
  }

  it.each([
    ['x64', 'arm64'],
    ['arm64', 'x64'],
  ])('linux-%s uses its own Node, by hash, and nothing of linux-%s', async (cpu, other) => {
    const names = await installed(cpu)
    const native = [`node-linux-${cpu}`, `@esbuild/linux-${cpu}`, `@rollup/rollup-linux-${cpu}-gnu`]
    expect(names).toEqual(expect.arrayContaining(native))
    expect(names.filter((name) => name.includes(other))).toEqual([])

    const dockerfile = await readFile(path.join(root, 'Dockerfile'), 'utf8')
    const [, taken = ''] = /install -D (\S+) \/image\/node/.exec(dockerfile) ?? []
    const found = names.filter((name) => path.matchesGlob(`node_modules/${name}/bin/node`, taken))
    expect(found).toEqual([`node-linux-${cpu}`])

    const { packages } = await read<Lockfile>('package-lock.json')
    const [ours, theirs] = [cpu, other].map((each) => packages[`node_modules/node-linux-${each}`])
    expect(ours?.integrity).toMatch(/^sha512-/)
    expect(ours?.version).toBe(theirs?.version)
  })

  it('both use one Dockerfile, which names neither', async () => {
    const dockerfile = await readFile(path.join(root, 'Dockerfile'), 'utf8')
    expect(dockerfile).not.toMatch(/x64|x86|amd64|arm64|aarch64|TARGETARCH/)
  })
})
