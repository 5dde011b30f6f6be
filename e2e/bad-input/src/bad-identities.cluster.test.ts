import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { systemClock } from '@ack-secret-manager/core'
import { forEachIndex, type OperatorProcess, TestEnvironment } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BadInputCase, type BadInputSpec } from './bad-input-case.ts'
import { CANARIES, KEY, OWN, surroundings, VALUE } from './bad-input-parts.ts'
import { seedOf } from './bad-input-seed.ts'
import { HOP_ROWS, NODE_ROWS, ROWS, TENANT_ROWS } from './bad-input-cases.ts'
import { findLeaks } from '@ack-secret-manager/test-support/canary'

/** Time for all rows to start, and for one to report its error. */
const BUSY_MS = 240_000

function describeRows(
  title: string,
  specs: Readonly<Record<string, BadInputSpec>>,
  start: (env: TestEnvironment) => Promise<OperatorProcess>,
): void {
  describeCluster(title, () => {
    const cluster = useCluster()
    const rows = new Map<string, BadInputCase>()
    let env: TestEnvironment
    let operator: OperatorProcess
    let canaries = CANARIES

    beforeAll(async () => {
      surroundings.skewMs = 0
      env = await TestEnvironment.start({
        controlPlane: cluster,
        seed: (issuer) => seedOf(issuer, cluster.namespace, Object.keys(specs).length + 1),
        clock: { now: () => systemClock.now() + surroundings.skewMs },
      })
      const { file } = await env.simulator.clientKey('KAAP.good')
      const { PrivateKeyData: material } = JSON.parse(file) as { PrivateKeyData: string }
      canaries = [...CANARIES, material.slice(0, 40), material.slice(2_000, 2_040)]
      await env.serviceAccount('shop')
      await env.serviceAccount('operator')
      await env.putSecret('other-half', KEY)
      operator = await start(env)
      await operator.leading()
      for (const [what, spec] of Object.entries(specs)) rows.set(what, new BadInputCase(env, rows.size, what, spec))
      const all = [...rows.values()]
      await forEachIndex(all.length, 8, async (index) => all[index]?.begin(VALUE))
    }, BUSY_MS)
    afterAll(async () => {
      console.log([...rows.values()].map((row) => row.summary()).join('\n'))
      await env?.[Symbol.asyncDispose]()
    })

    function rowOf(what: string): BadInputCase {
      const row = rows.get(what)
      if (row === undefined) throw new Error(`no row ${what}`)
      return row
    }

    it('accepts a credential surrounded by white space, a byte order mark and a newline', async () => {
      await env.putSecret('trimmed-credential', { id: `\uFEFF ${KEY.id}\n`, secret: `\t${KEY.secret}\r\n` })
      const ref = (part: string): object => ({ name: 'trimmed-credential', key: part })
      const auth = { KMSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret') } }
      await env.apply('SecretStore', 'trimmed', { KMS: auth })
      await env.apply('ExternalSecret', 'trimmed', {
        data: [{ key: BadInputCase.secretName(rows.size), name: 'password', secretStoreRef: { name: 'trimmed' } }],
      })
      await env.untilSecret('trimmed', { password: VALUE })
    })

    it.each(Object.keys(specs))(
      '%s',
      async (what) => {
        const row = rowOf(what)
        const { store, resource, reader } = row.spec
        expect(await row.break()).toMatchObject({
          store: { reason: store.reason, message: expect.stringMatching(store.says) as unknown },
          resource: { status: 'False', reason: resource.reason },
          secret: row.before?.secret,
          readers: [reader],
        })
      },
      BUSY_MS,
    )

    it('changes nothing on retries, and reads with no other identity', async () => {
      for (const what of Object.keys(specs)) {
        const row = rowOf(what)
        const { broken } = row
        expect({ what, ...row.lasting(await row.state()) }).toEqual({ what, ...(broken && row.lasting(broken)) })
      }
      const others = (await env.simulator.calls()).calls.filter(
        ({ identity }) => identity === OWN.id || identity.includes('assumed-role/node'),
      )
      expect(others).toEqual([])
    })

    it('logs request ids of rejected requests, and keeps them out of statuses', async () => {
      const ids = [...operator.program.lines.join('\n').matchAll(/"requestIds?":\[?"([\w-]+)"/g)].map(
        ([, id = '']) => id,
      )
      const said = await env.visibleObjects()
      expect(ids.filter((id) => said.includes(id))).toEqual([])
      if (specs === ROWS) expect(ids.length).toBeGreaterThan(5)
    })

    it('prints no credential', async () => {
      const said = [operator.program.lines.join('\n'), await env.visibleObjects(), await operator.metrics()]
      for (const text of said) expect(text.length).toBeGreaterThan(1_000)
      for (const canary of canaries) expect(findLeaks(`…${canary}…`, canaries)).toContain(canary)
      expect(findLeaks(said.join('\n'), canaries)).toEqual([])
    })

    it('stops on SIGTERM', async () => {
      expect(await operator.stop()).toBe(0)
    })
  })
}

const OWN_IDENTITY = { ALIBABA_CLOUD_ACCESS_KEY_ID: OWN.id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: OWN.secret }

describeRows('bad credentials, with an operator identity that could read everything', ROWS, (env) =>
  env.replica({
    args: ['--polling-interval=1s', `--allow-endpoint=${surroundings.closedEndpoint}`],
    env: OWN_IDENTITY,
  }),
)

describeRows('bad credentials on a node', NODE_ROWS, (env) =>
  env.operator('--polling-interval=1s', '--enable-worker-role', `--metadata-endpoint=${surroundings.closedEndpoint}`),
)

describeRows('bad credentials in a pod that cannot reach the metadata service', HOP_ROWS, (env) =>
  env.operator('--polling-interval=1s', '--enable-worker-role'),
)

describeRows('in a namespace that may not use the operator identity', TENANT_ROWS, (env) =>
  env.replica({
    args: ['--polling-interval=1s', '--enable-worker-role', '--own-identity-namespaces=platform,team-*'],
    env: OWN_IDENTITY,
  }),
)
