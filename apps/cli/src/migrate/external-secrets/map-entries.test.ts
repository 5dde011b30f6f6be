import { expect, it } from 'vitest'
import { run } from '../../testing/run.ts'

interface Report {
  readonly resources: readonly {
    readonly outcome: string
    readonly findings: readonly { readonly field: string; readonly what: string }[]
  }[]
  readonly manifests: readonly {
    readonly spec: { readonly data?: readonly { readonly jmesPath?: readonly object[] }[] }
  }[]
}

const secretStoreRef = { name: 'kms' }

async function migrate(spec: object): Promise<Report> {
  const object = { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', metadata: { name: 'web' }, spec }
  const { out } = await run(['migrate', '-f', '-', '-o', 'json'], { stdin: JSON.stringify(object) })
  return JSON.parse(out) as Report
}

it.each<[string, object]>([
  ['data', { data: ['a', 'b'].map((name) => ({ secretKey: name, remoteRef: { key: name } })) }],
  ['dataFrom', { dataFrom: [{ extract: { key: 'a' } }] }],
])('does not convert %s without a store, which would be read with the identity of the operator', async (_of, spec) => {
  const { resources } = await migrate(spec)
  expect(resources[0]?.outcome).toBe('not-converted')
  expect(resources[0]?.findings.filter(({ field }) => field === 'spec.secretStoreRef')).toMatchObject([
    { what: 'required, because an entry names no store of its own' },
  ])
})

it('converts entries of data with a store of their own, without a default store', async () => {
  const entry = { secretKey: 'a', remoteRef: { key: 'a' }, sourceRef: { storeRef: { name: 'kms' } } }
  expect((await migrate({ data: [entry] })).resources[0]?.outcome).toBe('converted')
})

it('says what a null member of an extracted document becomes', async () => {
  const { resources } = await migrate({ secretStoreRef, dataFrom: [{ extract: { key: 'a' } }] })
  const { what } = resources[0]?.findings.find(({ field }) => field === 'spec.dataFrom[0].extract') ?? {}
  expect(what).toMatch(/null becomes the text null, and was empty there/)
})

it('splits more properties of one secret than an entry can have', async () => {
  const data = Array.from({ length: 300 }, (_, index) => ({
    secretKey: `key-${index}`,
    remoteRef: { key: 'app', property: `member-${index}` },
  }))
  const { resources, manifests } = await migrate({ secretStoreRef, data })
  expect(resources[0]?.outcome).toBe('converted')
  expect(manifests[0]?.spec.data?.map(({ jmesPath = [] }) => jmesPath.length)).toEqual([128, 128, 44])
})
