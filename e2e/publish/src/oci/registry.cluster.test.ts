import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CHART, Helm } from '@ack-secret-manager/chart/programs/helm'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { Buildah } from '@ack-secret-manager/e2e-image/buildah'
import { BuiltImage } from '@ack-secret-manager/e2e-image/built-image'
import { ContainerRuntime } from '@ack-secret-manager/e2e-image/container-runtime'
import { ImageUnavailable } from '@ack-secret-manager/e2e-image/image-unavailable'
import {
  ACCESS_KEY_STORE,
  copyOf,
  InstallEnvironment,
  SYSTEM,
} from '@ack-secret-manager/e2e-install/install-environment'
import { refusePublished } from '@ack-secret-manager/release/published-tag'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Cosign } from './cosign.ts'
import { OciRegistry } from './oci-registry.ts'

const MINUTE_MS = 60_000
const NAME = 'ack-secret-manager'

// Building the registry and cosign takes minutes: npm run release -- --dry-run, as the nightly run does.
describe.skipIf(process.env['PUBLISH'] !== 'all')('a release in an OCI registry', { timeout: 10 * MINUTE_MS }, () => {
  let directory: string
  let registry: OciRegistry
  let cosign: Cosign
  let helm: Helm
  let version: string
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'acksm-oci-'))
    registry = await OciRegistry.start()
    cosign = await Cosign.open()
    helm = await Helm.open()
    version = (parse(await readFile(path.join(CHART, 'Chart.yaml'), 'utf8')) as { version: string }).version
    await helm.run('package', CHART, '--destination', directory)
    await helm.run('push', packageIn(directory), `oci://${registry.host}/charts`, '--plain-http')
  }, 60 * MINUTE_MS)
  afterAll(async () => {
    await helm?.[Symbol.asyncDispose]()
    await cosign?.[Symbol.asyncDispose]()
    await registry?.[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  }, MINUTE_MS)

  const packageIn = (folder: string): string => path.join(folder, `${NAME}-${version}.tgz`)
  const signed = async (name: string): Promise<string> =>
    `${registry.host}/${name}@${await registry.digest(name, version)}`

  /** What cosign does for a name with its digest: refused before the signature, accepted after it, refused with another key. */
  async function expectSignature(reference: string): Promise<void> {
    await expect(cosign.verify(reference)).rejects.toThrow(/no (?:matching )?signatures|no signatures found/)
    await cosign.sign(reference)
    expect(await cosign.verify(reference)).toContain(reference.slice(reference.indexOf('sha256:')))
    await using other = await Cosign.open()
    await expect(other.verify(reference)).rejects.toThrow(/signature/)
  }

  it('the chart is pulled as it was pushed', async ({ annotate }) => {
    const to = await mkdtemp(path.join(directory, 'pulled-'))
    const source = `oci://${registry.host}/charts/${NAME}`
    await helm.run('pull', source, '--version', version, '--plain-http', '--destination', to)
    expect(await readdir(to)).toEqual([path.basename(packageIn(to))])
    const [pushed, pulled] = [await readFile(packageIn(directory)), await readFile(packageIn(to))]
    expect(pulled.equals(pushed)).toBe(true)
    // A repeated job finds the same chart; anything else does not move the tag.
    const published = { name: `${registry.host}/charts/${NAME}`, tag: version }
    expect(await refusePublished(published, pushed)).toBe(await registry.digest(`charts/${NAME}`, version))
    await expect(refusePublished(published, Buffer.from('other'))).rejects.toThrow('a published tag never moves')
    await expect(refusePublished(published)).rejects.toThrow('a published tag never moves')
    expect(await refusePublished({ ...published, tag: '0.0.1' })).toBeUndefined()
    await annotate(`chart: ${(pushed.length / 1024).toFixed(0)} KiB, pushed, pulled`, 'published')
  })

  it('the chart is signed by digest', async ({ annotate }) => {
    await expectSignature(await signed(`charts/${NAME}`))
    await annotate('chart: signed by digest and verified with cosign and a local key', 'published')
  })

  describe('with an image', () => {
    let image: BuiltImage | undefined
    let runtime: ContainerRuntime | undefined
    beforeAll(async () => {
      image = await BuiltImage.open().catch((error: unknown) => {
        if (!(error instanceof ImageUnavailable) || process.env['IMAGE_TEST'] === 'required') throw error
        process.stderr.write(`the image is not pushed: ${error.message}\n`)
        return undefined
      })
      if (image !== undefined) runtime = new ContainerRuntime(image)
    }, 40 * MINUTE_MS)
    afterAll(async () => {
      runtime?.close()
      await image?.[Symbol.asyncDispose]()
    })

    it('the image is pushed, pulled by digest, and signed', async ({ skip, annotate }) => {
      if (image === undefined) return skip('there is no image')
      const { tools } = image.parts
      const at = async (name: string): Promise<Buildah> => new Buildah(tools, await mkdtemp(path.join(directory, name)))
      const here = await at('push-')
      const id = await here.pullLayout(image.layout, 'built')
      await here.run('push', '--tls-verify=false', id, `docker://${registry.host}/${NAME}:${version}`)
      const reference = await signed(NAME)
      const there = await at('pull-')
      const pulled = (await there.run('pull', '--tls-verify=false', `docker://${reference}`)).trim()
      // The id of an image is the digest of its configuration, which names the digest of each layer.
      expect(pulled).toBe(id)
      await expectSignature(reference)
      const mib = ((await registry.size(NAME, version)) / 1024 ** 2).toFixed(1)
      await annotate(
        `image linux/${process.arch === 'x64' ? 'amd64' : process.arch}: ${mib} MiB compressed, pushed, pulled and signed by digest`,
        'published',
      )
    })

    describeCluster('and an empty cluster', () => {
      it('helm install oci://… creates the first Secret', async ({ annotate }) => {
        await using environment = await InstallEnvironment.open(runtime)
        const shop = await environment.namespace('shop')
        const startMs = performance.now()
        await environment.helm.install({
          release: NAME,
          namespace: SYSTEM,
          chart: `oci://${registry.host}/charts/${NAME}`,
          args: ['--version', version, '--plain-http'],
          values: { command: { region: 'cn-hangzhou' }, image: { repository: `${registry.host}/${NAME}` } },
        })
        const installedMs = performance.now()
        const operator = await environment.operator(NAME)
        await shop.apply('SecretStore', 'kms', ACCESS_KEY_STORE)
        await shop.apply('ExternalSecret', 'first', copyOf('kms'))
        await shop.untilSecret('first', { password: 'one' })
        const [helmSeconds, seconds] = [installedMs, performance.now()].map((ms) => ((ms - startMs) / 1000).toFixed(1))
        const pod = runtime === undefined ? 'of this checkout' : 'of the pushed image'
        await annotate(
          `helm install oci://…: helm ${helmSeconds} s, first Secret after ${seconds} s, by a Pod ${pod}`,
          'first use',
        )
        const { body } = await environment.plane.request<{ spec: object }>(
          'GET',
          `/apis/apps/v1/namespaces/${SYSTEM}/deployments/${NAME}`,
        )
        expect(JSON.stringify(body.spec)).toContain(`"image":"${registry.host}/${NAME}:${version}"`)
        expect(await operator.stop()).toBe(0)
      })
    })
  })
})
