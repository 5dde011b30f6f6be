import { cp, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from '@ack-secret-manager/chart/root'
import type { Seed } from '@ack-secret-manager/kms-simulator'
import { apply, type TestNamespace, until } from '@ack-secret-manager/testenv'
import { parse } from 'yaml'
import type { Asciicast } from '../terminal/asciicast.ts'
import { recordSession } from '../terminal/record-session.ts'
import { PictureCluster } from './picture-cluster.ts'

const OPERATOR_KEY = { id: 'LTAI5tQuickstart', secret: 'quickstart-only-not-a-real-secret' }
const USER_KEY = { id: 'LTAI5tDeveloper', secret: 'developer-only-not-a-real-secret' }
/** Of the new password. */
const VERSION = 'v2'
const SIZE = { width: 80, height: 30 }

interface Resource {
  readonly status?: {
    readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string }>
    readonly secrets?: ReadonlyArray<{ readonly versionId?: string }>
  }
}

/** The quickstart, a new password in KMS, and what follows from it, as a user sees it. */
export async function recordDemo(cluster: TestNamespace): Promise<Asciicast> {
  await using place = await PictureCluster.start({
    cluster,
    seed: await demoSeed(),
    flags: ['--polling-interval=2s', `--watch-namespaces=${cluster.namespace}`],
  })
  const { cwd, env } = await place.shell()
  await cp(fileURLToPath(new URL('examples/quickstart/', ROOT)), path.join(cwd, 'quickstart'), { recursive: true })
  const next = { username: 'shop', password: 'second-password', port: 5432 }
  await writeFile(path.join(cwd, 'new-password.json'), JSON.stringify(next))
  await createCronJob(cluster)
  const base = `/apis/alibabacloud.com/v1alpha1/namespaces/${cluster.namespace}/externalsecrets/shop`
  const secret = `/api/v1/namespaces/${cluster.namespace}/secrets/shop`
  const untilReady = () =>
    until('the ExternalSecret is Ready', async () => {
      const { body } = await cluster.request<Resource>('GET', base)
      return body.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
    })
  // The status, which the tree shows, is written after the Secret.
  const untilFollowed = () =>
    until('the Secret and the status follow', async () => {
      const { body } = await cluster.request<{ readonly data: Readonly<Record<string, string>> }>('GET', secret)
      const { status } = (await cluster.request<Resource>('GET', base)).body
      const isReported = status?.secrets?.some(({ versionId }) => versionId === VERSION)
      return isReported && Buffer.from(body.data['db-password'] ?? '', 'base64').toString() === next.password
    })
  return await recordSession({
    ...SIZE,
    cwd,
    env: {
      ...env,
      ALIBABA_CLOUD_ACCESS_KEY_ID: USER_KEY.id,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: USER_KEY.secret,
    },
    steps: [
      { command: 'kubectl apply -f quickstart/', after: untilReady },
      { command: 'kubectl get externalsecret shop' },
      {
        command: `acksm put shop/db --version-id ${VERSION} --from-file new-password.json --yes`,
        after: untilFollowed,
      },
      { command: "kubectl get secret shop -o jsonpath='{.data.db-password}' | base64 -d; echo" },
      { command: 'acksm tree shop' },
    ],
  })
}

async function demoSeed(): Promise<Seed> {
  const seed = parse(await readFile(new URL('examples/seeds/quickstart.yaml', ROOT), 'utf8')) as Seed
  const manage = [{ actions: ['kms:*'], resources: ['*'] }]
  const operator = { ...OPERATOR_KEY, allow: [{ actions: ['kms:GetSecretValue'], resources: ['shop/*'] }] }
  const { roles: _roles, ...others } = seed
  return { ...others, accessKeys: [operator, { ...USER_KEY, allow: manage }] }
}

/** A workload that uses the Secret. */
async function createCronJob({ request, namespace }: TestNamespace): Promise<void> {
  const env = [{ name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'shop', key: 'db-password' } } }]
  const podSpec = { restartPolicy: 'Never', containers: [{ name: 'backup', image: 'backup', env }] }
  const cronJob = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'backup', namespace },
    spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template: { spec: podSpec } } } },
  }
  await apply(request, cronJob)
}
