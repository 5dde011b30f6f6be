import { contentDigester, type OwnerRecord } from '@ack-secret-manager/core'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import { KubeSecretWriter } from '@ack-secret-manager/k8s-writer'

const { signal } = new AbortController()

/** Changes when the record of a Secret says that its keys were generated and expire, as a restore of a backup does. */
export async function ageRecord(
  client: KubeClient,
  target: { readonly namespace: string; readonly name: string },
  byMs: number,
): Promise<void> {
  const { name } = target
  const writer = new KubeSecretWriter({ client, digester: contentDigester(), watch: false })
  const observed = await writer.observe(target, { signal })
  const record = observed?.records.get(name)
  if (observed === undefined || record === undefined) throw new Error(`Secret ${name} has no record`)
  const keys: OwnerRecord['keys'] = new Map(
    [...record.keys].map(([key, from]) => [key, { ...from, versionId: aged(from.versionId, byMs) }]),
  )
  await writer.apply(
    {
      kind: 'record',
      target,
      ownerName: name,
      record: { ...record, keys },
      ifUid: observed.uid,
      ifResourceVersion: observed.resourceVersion,
    },
    { signal },
  )
  await writer.close()
}

/** `TIME/SETTINGS`, or `TIME/EXPIRY/SETTINGS` of a token. */
function aged(versionId: string, byMs: number): string {
  return versionId.replaceAll(
    /\d{4}-[^/]+Z/g,
    (time) => `${new Date(Date.parse(time) - byMs).toISOString().slice(0, 19)}Z`,
  )
}
