import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CHART, Helm } from '@ack-secret-manager/chart/programs/helm'
import { describeCluster } from '@ack-secret-manager/control-plane/testing'
import { Buildah } from '@ack-secret-manager/e2e-image/buildah'
import { BuiltImage } from '@ack-secret-manager/e2e-image/built-image'
import { ImageUnavailable } from '@ack-secret-manager/e2e-image/image-unavailable'
import {
  ACCESS_KEY_STORE,
  copyOf,
  InstallEnvironment,
  SYSTEM,
} from '@ack-secret-manager/e2e-install/install-environment'
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

  it('the chart is pulled as it was pushed', async () => {
    const to = await mkdtemp(path.join(directory, 'pulled-'))
    const source = `oci://${registry.host}/charts/${NAME}`
    await helm.run('pull', source, '--version', version, '--plain-http', '--destination', to)
    expect(await readdir(to)).toEqual([path.basename(packageIn(to))])
    const [pushed, pulled] = [await readFile(packageIn(directory)), await readFile(packageIn(to))]
    expect(pulled.equals(pushed)).toBe(true)
    process.stderr.write(`chart: ${(pushed.length / 1024).toFixed(0)} KiB\n`)
  })

  it('the chart is signed by digest', async () => expectSignature(await signed(`charts/${NAME}`)))

  describeCluster('with a cluster', () => {
    it('helm install oci://… creates the first Secret', async () => {
      await using environment = await InstallEnvironment.open()
      const shop = await environment.namespace('shop')
      const startMs = performance.now()
      await environment.helm.install({
        release: NAME,
        namespace: SYSTEM,
        chart: `oci://${registry.host}/charts/${NAME}`,
        args: ['--version', version, '--plain-http'],
        values: { command: { region: 'cn-hangzhou' }, image: { repository: `${registry.host}/${NAME}` } },
      })
      const operator = await environment.operator(NAME)
      await shop.apply('SecretStore', 'kms', ACCESS_KEY_STORE)
      await shop.apply('ExternalSecret', 'first', copyOf('kms'))
      await shop.untilSecret('first', { password: 'one' })
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
      process.stderr.write(`helm install oci://…: first Secret after ${seconds} s\n`)
      const { body } = await environment.plane.request<{ spec: object }>(
        'GET',
        `/apis/apps/v1/namespaces/${SYSTEM}/deployments/${NAME}`,
      )
      expect(JSON.stringify(body.spec)).toContain(`"image":"${registry.host}/${NAME}:${version}"`)
      expect(await operator.stop()).toBe(0)
    })
  })

  describe('the image', () => {
    let image: BuiltImage | undefined
    beforeAll(async () => {
      image = await BuiltImage.open().catch((error: unknown) => {
        if (!(error instanceof ImageUnavailable) || process.env['IMAGE_TEST'] === 'required') throw error
        process.stderr.write(`the image is not pushed: ${error.message}\n`)
        return undefined
      })
    }, 40 * MINUTE_MS)
    afterAll(() => image?.[Symbol.asyncDispose]())

    it('is pushed, pulled by digest, and signed', async ({ skip }) => {
      if (image === undefined) return skip('there is no image')
      const { tools } = image.parts
      const at = async (name: string): Promise<Buildah> => new Buildah(tools, await mkdtemp(path.join(directory, name)))
      const here = await at('push-')
      const id = (await here.run('pull', `oci:${image.layout}:built`)).trim()
      await here.run('push', '--tls-verify=false', id, `docker://${registry.host}/${NAME}:${version}`)
      const reference = await signed(NAME)
      const there = await at('pull-')
      const pulled = (await there.run('pull', '--tls-verify=false', `docker://${reference}`)).trim()
      // The id of an image is the digest of its configuration, which names the digest of each layer.
      expect(pulled).toBe(id)
      await expectSignature(reference)
      const mib = ((await registry.size(NAME, version)) / 1024 ** 2).toFixed(1)
      process.stderr.write(`image: ${mib} MiB compressed\n`)
    })
  })
})
