import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { FLAGS } from '@ack-secret-manager/operator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hadolintBinary } from './hadolint-binary.ts'
import { assembleImage, type ImageSpec, readDockerfile } from '@ack-secret-manager/e2e-install/image-tree'
import { ROOT } from '@ack-secret-manager/chart/root'

const run = promisify(execFile)

describe('the image of the Dockerfile', () => {
  let image: ImageSpec
  let directory: string
  beforeAll(async () => {
    image = await readDockerfile()
    directory = await mkdtemp(path.join(tmpdir(), 'acksm-image-'))
    await assembleImage(image, directory)
  }, 120_000)
  afterAll(() => rm(directory, { recursive: true, force: true }))

  it('starts with the options of apps/operator/bin/runtime.json', () => {
    const text = readFileSync(new URL('apps/operator/bin/runtime.json', ROOT), 'utf8')
    const { flags, env } = JSON.parse(text) as { flags: string[]; env: object }
    const [first, ...args] = image.entrypoint
    expect([first, args.pop()]).toEqual(['/usr/local/bin/node', '/app/dist/start.js'])
    const { NODE_OPTIONS: limit = '', ...others } = image.env
    expect([...args, limit]).toEqual(flags)
    expect(others).toEqual(env)
  })

  it('lets a user change the heap limit', async () => {
    const limitWith = async (more: Readonly<Record<string, string>> = {}): Promise<number> => {
      const args = [...image.entrypoint.slice(1, -1), '-p', 'v8.getHeapStatistics().heap_size_limit >> 20']
      const { stdout } = await run(process.execPath, args, { env: { ...image.env, ...more } })
      return Number(stdout)
    }
    expect(await limitWith()).toBeLessThan(640)
    expect(await limitWith({ NODE_OPTIONS: '--max-old-space-size=1024' })).toBeGreaterThan(1_000)
  })

  it('runs as a numeric user, which need not exist in the base image', () => expect(image.user).toBe('65532:65532'))

  it('contains licences, the manifest and the bundle with its template engine, and no source maps', async () => {
    expect(await readdir(path.join(directory, 'app'))).toEqual(['LICENSE', 'dist', 'package.json'])
    const bundle = await readdir(path.join(directory, 'app/dist'))
    expect(bundle).toEqual(
      expect.arrayContaining(['start.js', 'go-template-worker.js', 'go-template.wasm.br', 'go-template.wasm.sha256']),
    )
    const licences = ['THIRD-PARTY-NOTICES.txt', 'go-template.wasm.LICENSES.txt']
    expect(bundle).toEqual(expect.arrayContaining(licences))
    expect(bundle.filter((file) => file.endsWith('.map'))).toEqual([])
  })

  it('is readable by its user for any umask of the build', async ({ onTestFinished }) => {
    const umask = process.umask(0o077)
    onTestFinished(() => void process.umask(umask))
    const other = path.join(directory, 'other')
    await assembleImage(image, other)
    const modes = await Promise.all(
      (await readdir(other, { recursive: true })).map(
        async (file) => (await stat(path.join(other, file))).mode & 0o777,
      ),
    )
    expect(new Set(modes)).toEqual(new Set([0o755, 0o644]))
  })

  /** Regular files of the layers above Node, by absolute path. */
  const files = async (): Promise<string[]> => {
    const entries = await readdir(path.join(directory, 'app'), { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
  }

  it('adds less than 8 MiB to its base and Node', async () => {
    const sizes = await Promise.all((await files()).map(async (file) => (await stat(file)).size))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(8 * 1024 ** 2)
  })

  it('adds no program to its base and Node', async () => {
    const modes = await Promise.all((await files()).map(async (file) => (await stat(file)).mode & 0o777))
    expect(new Set(modes)).toEqual(new Set([0o644]))
  })

  it('contains nothing about the machine of its build', async () => {
    const traces = [homedir(), fileURLToPath(ROOT), '_authToken', 'npmrc']
    const found = []
    for (const file of await files()) {
      const content = readFileSync(file)
      found.push(...traces.filter((trace) => content.includes(trace)).map((trace) => `${file}: ${trace}`))
    }
    expect(found).toEqual([])
  })

  it('has labels with the version of the package', () => {
    const manifest = readFileSync(new URL('apps/operator/package.json', ROOT), 'utf8')
    const { version } = JSON.parse(manifest) as { version: string }
    const dockerfile = readFileSync(new URL('Dockerfile', ROOT), 'utf8')
    expect(dockerfile).toContain(`\nARG VERSION=${version}\n`)
    for (const label of ['title="ack-secret-manager"', 'licenses="Apache-2.0"', 'version="${VERSION}"'])
      expect(dockerfile).toContain(`org.opencontainers.image.${label}`)
  })

  it('supports every flag with only its own files', async () => {
    const [, ...args] = image.entrypoint
    const script = path.join(directory, args.pop() ?? '')
    const { stdout } = await run(process.execPath, [...args, script, '--help'], { cwd: directory, env: {} })
    for (const name of Object.keys(FLAGS).filter((each) => !('deprecated' in FLAGS[each as keyof typeof FLAGS]))) {
      expect(stdout).toContain(`--${name} `)
    }
  })

  it('needs only files that .dockerignore includes', () => {
    const kept = readFileSync(new URL('.dockerignore', ROOT), 'utf8')
    const needed = ['LICENSE', 'package.json', 'package-lock.json', 'apps/operator', 'packages', 'tools/build']
    expect(kept.split('\n')).toEqual(expect.arrayContaining(needed.map((each) => `!${each}`)))
    expect(needed.filter((each) => !existsSync(new URL(each, ROOT)))).toEqual([])
  })

  it('passes hadolint, which reports a faulty one', { timeout: 5 * 60_000 }, async ({ skip }) => {
    const { platform, arch } = process
    skip(platform !== 'linux' || arch !== 'x64', `hadolint comes for linux-x64, this is ${platform}-${arch}`)
    const hadolint = await hadolintBinary()
    await run(hadolint, [fileURLToPath(new URL('Dockerfile', ROOT))])
    const other = path.join(directory, 'Dockerfile')
    await writeFile(other, 'FROM debian:latest\nRUN cd /tmp\n')
    await expect(run(hadolint, [other])).rejects.toThrow(
      expect.objectContaining({ stdout: expect.stringMatching(/DL3007/) }),
    )
  })
})
