import { createHash } from 'node:crypto'
import { lstat, readdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readDockerfile } from '@ack-secret-manager/e2e-install/image-tree'
import { ROOT } from '@ack-secret-manager/chart/root'
import {
  ACCESS_KEY_STORE,
  copyOf,
  InstallEnvironment,
  SYSTEM,
} from '@ack-secret-manager/e2e-install/install-environment'
import { BuiltImage } from './built-image.ts'
import { ContainerRuntime } from './container-runtime.ts'
import { NODE_PACKAGE } from './image-parts.ts'
import { ImageUnavailable } from './image-unavailable.ts'
import { inspectPrivileges, RESTRICTED_PRIVILEGES } from './inspect-container.ts'

const BUILD_DEADLINE_MS = 15 * 60_000
const NODE = 'usr/local/bin/node'
const BUNDLE = 'app/dist'

let image: BuiltImage
let runtime: ContainerRuntime
let unavailable: string | undefined
beforeAll(async () => {
  try {
    image = await BuiltImage.open()
    runtime = new ContainerRuntime(image)
  } catch (error) {
    if (!(error instanceof ImageUnavailable) || process.env['IMAGE_TEST'] === 'required') throw error
    unavailable = error.message
    process.stderr.write(`image tests are skipped: ${unavailable}\n`)
  }
}, BUILD_DEADLINE_MS)
beforeEach(({ skip }) => skip(unavailable !== undefined, unavailable))
afterAll(async () => {
  runtime?.close()
  await image?.[Symbol.asyncDispose]()
})

/** Every file and link below a directory, by relative path. */
async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .toSorted()
}

const sha256 = async (file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
const inCheckout = (file: string): string => fileURLToPath(new URL(file, ROOT))

describe('the image', () => {
  const ours = async (): Promise<string[]> => {
    const base = new Set(await filesIn(image.parts.base))
    return (await filesIn(image.root)).filter((file) => !base.has(file))
  }

  it('adds to its base Node, the bundle and licences, and nothing else', async () => {
    const files = (await ours()).filter((file) => !file.startsWith(`${BUNDLE}/`))
    expect(files).toEqual(['app/LICENSE', 'app/package.json', NODE, 'usr/local/share/doc/node/LICENSE'])
    const sizes = await Promise.all((await ours()).map(async (file) => (await lstat(path.join(image.root, file))).size))
    const node = (await lstat(path.join(image.root, NODE))).size
    const mib = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`
    const rest = sizes.reduce((sum, size) => sum + size, -node)
    process.stderr.write(`the image: Node ${mib(node)}, the rest on top of its base ${mib(rest)}\n`)
    expect(rest).toBeLessThan(8 * 1024 ** 2)
  })

  it('has no program but Node: no shell', async () => {
    const files = await filesIn(image.root)
    const programs = []
    for (const file of files.filter((each) => !/\.so(?:\.|$)/.test(each))) {
      const stats = await lstat(path.join(image.root, file))
      if (stats.isFile() && (stats.mode & 0o111) !== 0) programs.push(file)
    }
    expect(programs).toEqual([NODE])
  })

  it('has the Node of the lockfile', async () => {
    expect(await sha256(path.join(image.root, NODE))).toBe(await sha256(path.join(NODE_PACKAGE, 'bin/node')))
  })

  it('has the same bundle, byte for byte, as a build of the same sources elsewhere, without source maps', async () => {
    const built = inCheckout('apps/operator/dist')
    const hashes = async (directory: string): Promise<Record<string, string>> => {
      const files = (await filesIn(directory)).filter((file) => directory !== built || !file.endsWith('.map'))
      return Object.fromEntries(
        await Promise.all(files.map(async (file) => [file, await sha256(path.join(directory, file))] as const)),
      )
    }
    expect(await hashes(path.join(image.root, BUNDLE)), 'run npm run build first').toEqual(await hashes(built))
  })

  it('is readable by every user and writable only by root', async () => {
    const modes = new Map<string, string[]>()
    for (const file of [...(await ours()), 'app', BUNDLE, path.dirname(NODE)]) {
      const { mode, uid, gid } = await lstat(path.join(image.root, file))
      const key = `${uid}:${gid} ${(mode & 0o7777).toString(8)}`
      modes.set(key, [...(modes.get(key) ?? []), file])
    }
    expect(modes.get('0:0 755')).toEqual([NODE, 'app', BUNDLE, path.dirname(NODE)])
    expect([...modes.keys()].toSorted()).toEqual(['0:0 644', '0:0 755'])
  })

  it('has labels with the version of the package', async () => {
    const { version } = JSON.parse(await readFile(inCheckout('apps/operator/package.json'), 'utf8')) as {
      version: string
    }
    expect(image.config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'ack-secret-manager',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    })
  })

  it('starts with the command that other tests read from the Dockerfile', async () => {
    const { env, user, entrypoint } = await readDockerfile()
    const { Env, User, Entrypoint } = image.config
    expect({ User, Entrypoint }).toEqual({ User: user, Entrypoint: entrypoint })
    expect(Env).toEqual([expect.stringMatching(/^PATH=/), ...Object.entries(env).map((pair) => pair.join('='))])
  })

  it('contains nothing about the build machine', async () => {
    const { npmrc, builtIn, checkout } = image.build
    const registry = new URL(/^registry=(.+)$/m.exec(npmrc)?.[1] ?? '').host
    const traces = [registry, homedir(), inCheckout('.'), checkout, builtIn, '_authToken', 'npmrc', 'npm-ca.pem']
    const found = []
    for (const file of (await ours()).filter((each) => each.startsWith('app/'))) {
      const content = await readFile(path.join(image.root, file))
      found.push(...traces.filter((trace) => content.includes(trace)).map((trace) => `${file}: ${trace}`))
    }
    expect(found).toEqual([])
  })
})

describeCluster('a pod of the image', () => {
  it(
    'runs restricted, becomes ready, creates the first Secret and shuts down cleanly',
    { timeout: 180_000 },
    async () => {
      await using environment = await InstallEnvironment.open(runtime)
      const shop = await environment.namespace('shop')
      const values = { command: { region: 'cn-hangzhou', pollingInterval: '120s' } }
      await environment.helm.install({ release: 'ack-secret-manager', namespace: SYSTEM, values })
      const operator = await environment.operator('ack-secret-manager')
      const ready = await fetch(`http://127.0.0.1:${operator.healthPort}/readyz`)
      expect(ready.status).toBe(200)

      await shop.apply('SecretStore', 'kms', ACCESS_KEY_STORE)
      await shop.apply('ExternalSecret', 'first', copyOf('kms'))
      await shop.untilSecret('first', { password: 'one' })

      expect(await inspectPrivileges(runtime)).toEqual(RESTRICTED_PRIVILEGES)
      expect(await operator.stop()).toBe(0)
    },
  )

  it('a write to a root that is not read-only would be detected', async () => {
    const pod = { containers: [{ securityContext: { capabilities: { drop: ['ALL'] } } }] } as const
    const script = 'process.on("SIGTERM", () => process.exit()); setInterval(() => console.info("there"), 100)'
    const command = { instead: [`/${NODE}`, '-e', script] }
    const program = await runtime.run({ pod, command, env: {}, mounts: {} })
    await program.line((line) => (line === 'there' ? true : undefined))
    expect(await inspectPrivileges(runtime)).toMatchObject({ writable: ['/tmp'], noNewPrivileges: '0', seccomp: '0' })
    expect(await program.stop()).toBe(0)
  })
})
