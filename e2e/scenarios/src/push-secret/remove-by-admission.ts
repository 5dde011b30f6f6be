import { json } from '@ack-secret-manager/test-support/test-server'
import { AdmissionWebhook, type TestNamespace, until } from '@ack-secret-manager/testenv'

interface Review {
  readonly request: { readonly uid: string; readonly name: string; readonly object: object }
}

/** Removes a field from every update of a PushSecret or its status. Resolves when the API server calls the webhook. */
export async function removeByAdmission(cluster: TestNamespace, name: string, path: string): Promise<AdmissionWebhook> {
  const calls = new Set<string>()
  const webhook = await AdmissionWebhook.register(cluster, {
    name: `${cluster.namespace}-${name}`,
    type: 'Mutating',
    fields: {
      name: `${name}.example.com`,
      rules: [
        {
          apiGroups: ['alibabacloud.com'],
          apiVersions: ['v1alpha1'],
          resources: ['pushsecrets', 'pushsecrets/status'],
          operations: ['CREATE', 'UPDATE'],
        },
      ],
    },
    respond: (response, request) => {
      const { uid, name: reviewed, object } = (JSON.parse(request.body) as Review).request
      calls.add(reviewed)
      const removes = reviewed === name && hasField(object, path)
      const patch = Buffer.from(JSON.stringify([{ op: 'remove', path }])).toString('base64')
      const answer = { uid, allowed: true, ...(removes && { patchType: 'JSONPatch', patch }) }
      json(200, { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer })(response, request)
    },
  })
  const probe = {
    apiVersion: 'alibabacloud.com/v1alpha1',
    kind: 'PushSecret',
    metadata: { name: 'probe' },
    spec: { secretStoreRef: { name: 'kms' }, selector: { name: 'probe' }, data: [{ key: 'probe' }] },
  }
  await until('the API server calls the webhook', async () => {
    const collection = `/apis/alibabacloud.com/v1alpha1/namespaces/${cluster.namespace}/pushsecrets`
    await cluster.request('POST', `${collection}?dryRun=All`, probe)
    return calls.has('probe')
  })
  return webhook
}

function hasField(object: object, path: string): boolean {
  let value: unknown = object
  for (const part of path.split('/').slice(1)) value = (value as Readonly<Record<string, unknown>> | undefined)?.[part]
  return value !== undefined
}
