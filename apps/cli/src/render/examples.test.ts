import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'
import { issueServerCertificate, type Seed, startSimulator } from '@ack-secret-manager/kms-simulator'
import { plantSeed } from '@ack-secret-manager/test-support/canary'
import { expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { type Ran, run } from '../testing/run.ts'

const EXAMPLES = fileURLToPath(new URL('../../../../examples', import.meta.url))
/** Their stores need identities of a cluster or a backend package that is installed; other tests read through them. */
const OTHER_IDENTITIES = ['access', 'custom-backend/manifests', 'upstream']

/** Folders with an ExternalSecret or a ClusterExternalSecret. */
const FOLDERS = [
  ...new Set(
    globSync('**/*.yaml', { cwd: EXAMPLES, exclude: ['**/node_modules'] })
      .filter((file) => /^kind: (Cluster)?ExternalSecret$/m.test(readFileSync(path.join(EXAMPLES, file), 'utf8')))
      .map((file) => path.dirname(file)),
  ),
].filter((folder) => !OTHER_IDENTITIES.includes(folder))

/** Renders a folder, with KMS as in the seed of its name. */
async function render(folder: string, ...more: string[]): Promise<Ran> {
  const certificate = await issueServerCertificate(['127.0.0.1'])
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificate.rootPem])
  const file = path.join(EXAMPLES, 'seeds', `${folder}.yaml`)
  const seed = (existsSync(file) ? parse(readFileSync(file, 'utf8')) : {}) as Seed
  // Other tests show the values of the quickstart, as its README does.
  if (seed.secrets && folder !== 'quickstart') plantSeed(seed, '')
  await using simulator = await startSimulator({ certificate, seed })
  return await run(['render', '-f', folder, '--endpoint', new URL(simulator.kms).host, ...more], { cwd: EXAMPLES })
}

function secretsIn(out: string): readonly string[] {
  const secrets = parseAllDocuments(out).map(
    (document) => document.toJS() as { type: string; metadata: { namespace: string; name: string }; data: object },
  )
  return secrets
    .map(({ metadata: { namespace, name }, type, data }) => [namespace, name, type, ...Object.keys(data)].join(' '))
    .toSorted()
}

it.each(FOLDERS.toSorted())('examples/%s renders', async (folder) => {
  const { code, out, err } = await render(folder)
  expect([code, err]).toEqual([0, ''])
  expect(secretsIn(out)).not.toEqual([])
})

it('examples/cluster-external-secret renders the Secrets of the guide', async () => {
  expect(secretsIn((await render('cluster-external-secret')).out)).toEqual([
    'payments company-ca Opaque ca.crt',
    'payments registry kubernetes.io/dockerconfigjson .dockerconfigjson',
    'platform company-ca Opaque ca.crt',
    'preview-17 company-ca Opaque ca.crt',
    'preview-17 registry kubernetes.io/dockerconfigjson .dockerconfigjson',
  ])
})

it('examples/tokens renders placeholders for tokens', async () => {
  const { out } = await render('tokens', '--show-values')
  const [registries, upload] = parseAllDocuments(out).map((document) => document.toJS() as object)
  expect(registries).toMatchObject({ data: { '.dockerconfigjson': '<generated container-registry token>' } })
  expect(upload).toMatchObject({
    data: { session: '<generated sts token>' },
    stringData: {
      id: '<generated AccessKeyId>',
      secret: '<generated AccessKeySecret>',
      token: '<generated SecurityToken>',
    },
  })
})
