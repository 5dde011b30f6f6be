import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
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
    expect(image.entrypoint).toEqual(['/usr/local/bin/node', ...flags, '/app/dist/start.js'])
    expect(image.env).toEqual(env)
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
