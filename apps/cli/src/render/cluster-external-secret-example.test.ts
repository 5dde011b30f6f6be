import { readFile } from 'node:fs/promises'
import path from 'node:path'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'
import { issueServerCertificate, type Seed, startSimulator } from '@ack-secret-manager/kms-simulator'
import { plantSeed } from '@ack-secret-manager/test-support/canary'
import { expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { run } from '../testing/run.ts'

const EXAMPLES = fileURLToPath(new URL('../../../../examples/cluster-external-secret', import.meta.url))

it('examples/cluster-external-secret renders the Secrets of the guide', async () => {
  const certificate = await issueServerCertificate(['127.0.0.1'])
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificate.rootPem])
  const seed = parse(await readFile(path.join(EXAMPLES, '../seeds/cluster-external-secret.yaml'), 'utf8')) as Seed
  plantSeed(seed, '')
  await using simulator = await startSimulator({ certificate, seed })
  const files = ['ca-bundle', 'namespaces', 'registry', 'store'].flatMap((name) => ['-f', `${name}.yaml`])
  const { code, out, err } = await run(['render', ...files, '--endpoint', new URL(simulator.kms).host], {
    cwd: EXAMPLES,
  })
  expect([code, err]).toEqual([0, ''])
  const secrets = parseAllDocuments(out).map(
    (document) => document.toJS() as { type: string; metadata: { namespace: string; name: string }; data: object },
  )
  const said = secrets.map(({ metadata: { namespace, name }, type, data }) =>
    [namespace, name, type, ...Object.keys(data)].join(' '),
  )
  expect(said.toSorted()).toEqual([
    'payments company-ca Opaque ca.crt',
    'payments registry kubernetes.io/dockerconfigjson .dockerconfigjson',
    'platform company-ca Opaque ca.crt',
    'preview-17 company-ca Opaque ca.crt',
    'preview-17 registry kubernetes.io/dockerconfigjson .dockerconfigjson',
  ])
})
