import type { Service } from '../service.ts'

const RETRIED = 'Wait; the operator reads the Secret again and retries.'

export const API_SERVER: Service = {
  title: 'The API server',
  intro:
    'The API server refuses to write a Secret, or cannot be reached. Messages contain only the names of webhooks and policies, because their texts may repeat a value.',
  sources: [
    {
      file: 'packages/k8s-client/src/client/transport-error.ts',
      parts: [
        "check this machine's clock, and the dates of the certificate",
        'check the certificate authority and the credentials of the kubeconfig',
        'check that the API server is up and that this machine can reach it',
        'HTTP … of the proxy',
      ],
    },
    { file: 'packages/k8s-client/src/client/check-object.ts' },
    { file: 'packages/k8s-client/src/client/transport.ts' },
    { file: 'packages/k8s-client/src/client/write-fence.ts' },
    { file: 'packages/k8s-writer/src/write/write-error.ts', code: 'WriteDenied', parts: ['… Secret …/…'] },
    { file: 'packages/k8s-writer/src/write/secret-replacer.ts', code: 'WriteFailed' },
    { file: 'packages/k8s-writer/src/write/secret-writes.ts', code: 'TargetConflict' },
    {
      file: 'packages/k8s-writer/src/replacement/replacement.ts',
      code: 'WriteFailed',
      parts: ['is invalid: …'],
    },
    { file: 'packages/k8s-writer/src/kube-workload-restarter.ts', code: 'WriteDenied', parts: ['restart of …'] },
    {
      file: 'packages/auth-rrsa/src/service-account-token.ts',
      code: 'Unauthenticated',
      parts: ['ServiceAccount …/…', 'the token of …', 'token of …', '… (HTTP …)'],
    },
  ],
  advice: {
    'the API server… did not respond in time (…)': ['The API server is overloaded or gone.', 'Check it; see the code.'],
    'the client was closed': ['The process is ending.', 'Nothing.'],
    'not sent, because its path or a header is malformed; check the token of the credentials': [
      'The token has a line break or another character that a header cannot have, or a program uses a wrong path.',
      'Replace the token in the kubeconfig or its file.',
    ],
    'the API server… cannot be reached (…); …': [
      'There is no connection to the API server.',
      'The message says whether to check network, certificates or clock.',
    ],
    'there are too many open files; raise their limit': [
      'The limit of open files is reached.',
      'Raise the limit (`ulimit -n`).',
    ],
    'the response is not HTTP; check that the address is an API server': [
      'The port serves another protocol.',
      'Correct the server in the kubeconfig.',
    ],
    'the response is not the requested object; check that the address is an API server': [
      'A proxy or load balancer responds in place of the API server. The operator takes nothing from such a response.',
      'Check the address, and the proxies in front of it.',
    ],
    'no response within … ms': ['The API server is overloaded or gone.', 'Check it. Writes are repeated.'],
    'write not sent: leadership is not confirmed': [
      'The Lease could not be renewed in time, so that another replica may lead.',
      'See the alert `AcksmNoLeader`.',
    ],
    'it is immutable (immutable: true); delete it so that it is recreated': [
      'Another user made the Secret immutable.',
      'Set `spec.target.immutable: true`, or delete the Secret.',
    ],
    '… denied it; change it to admit the Secrets of this operator': [
      'An admission webhook or policy denied the write. The message has its name.',
      'Exempt the namespace or the ServiceAccount, or add the labels that the policy requires.',
    ],
    'an admission webhook or policy …; exclude the Secrets of this operator from it': [
      'The API server has stored something other than what was sent. The message says what; it does not contain values.',
      'Find the MutatingWebhookConfiguration or MutatingAdmissionPolicy, and exclude the namespace or the ServiceAccount of the operator.',
    ],
    'quota … is exceeded; raise it or delete unused objects': [
      'The ResourceQuota of the namespace is used up.',
      'Raise it, or delete unused Secrets.',
    ],
    'the API server cannot call …; check its service, or exclude the Secrets of this operator': [
      'A webhook with `failurePolicy: Fail` does not respond.',
      'Check its Pods, network policy and certificate.',
    ],
    'the API server rejects the credentials; check the kubeconfig or the ServiceAccount': [
      'HTTP 401: the token or certificate is not valid.',
      'The operator retries with the current token. If it lasts, check the ServiceAccount of the Pod; with a kubeconfig, log in again.',
    ],
    'namespace … is being deleted': ['A namespace that ends takes no new objects.', 'Nothing.'],
    'the API server returned 403 shortly after an outage; its roles may not be loaded yet': [
      'A starting API server has not loaded its roles.',
      'Wait for 30 seconds.',
    ],
    'forbidden; grant verb "…" on "secrets" in namespace … (Role or ClusterRole), and check for an admission policy that denies it':
      ['RBAC does not allow the write.', 'Run `helm upgrade`, or apply `deploy/rbac.yaml`.'],
    'namespace … does not exist': ['The namespace of the target is gone.', 'Create it, or delete the resource.'],
    'it no longer exists': ['The Secret was deleted while it was written.', RETRIED],
    'it already exists': ['Another client created the Secret at the same time.', RETRIED],
    'it was changed in the meantime': ['Another client wrote the Secret at the same time.', RETRIED],
    'the API server rejects it as too large': [
      'HTTP 413: the request exceeds the limit of the API server.',
      'Select fewer keys, or split them over several Secrets.',
    ],
    'the API server returned …': [
      'The API server or etcd fails. The number is the HTTP status.',
      'Check the API server; the operator retries.',
    ],
    'the API server rejects it as invalid': [
      'The Secret is not valid for its type.',
      'Check `spec.target.type` and the keys that it requires.',
    ],
    'rejected without naming a field; check for an admission policy': [
      'HTTP 422 without a field, as some policies answer.',
      'Find the policy with `kubectl create --dry-run=server` and a similar Secret.',
    ],
    'another object has its name': ['The Secret was deleted and created by another client.', RETRIED],
    '… is larger than Kubernetes allows': [
      'A Secret has at most 1 MiB.',
      'Select fewer keys with `jmesPath`, or split them over several Secrets.',
    ],
    'another controller owns it': [
      'The Secret has an ownerReference with `controller: true` of another object.',
      'Choose another `target.name`.',
    ],
    'type: the Secret has another one, which can only change if it is recreated': [
      'The Secret exists with another type, which Kubernetes never changes.',
      'Set `spec.type` to that of the Secret, or delete the Secret.',
    ],
    'invalid for its type: …': [
      'A key that the type requires is missing or malformed. The message has the field.',
      'Add the key, or choose another type.',
    ],
    'Secret … was not recreated: cancelled': ['The process is ending.', 'Nothing; the next leader does it.'],
    'Secret … was changed in the meantime; read it again': [
      'Another client wrote the Secret at the same time.',
      RETRIED,
    ],
    'Secret … was deleted but could not be recreated; its content is in Secret …, and the operator retries: …': [
      'The API server accepted the deletion but not the creation.',
      'The rest of the message says why. Do not delete the replacement.',
    ],
    'Secret … cannot be recreated: finalizer … of another controller blocks its deletion; remove the finalizer': [
      'A finalizer keeps the Secret.',
      'Find out which controller set it and what it waits for.',
    ],
    'Secret … cannot be recreated: Secret … is not managed by this operator and blocks the name of its replacement; delete …':
      ['Another user created a Secret of that name.', 'Delete it.'],
    'Secret …/… is being recreated for … …; choose another spec.target.name': [
      'Another resource uses this name.',
      'Choose another `target.name`.',
    ],
    'Secret …/…: names that begin with … are reserved for replacements; choose another spec.target.name': [
      'The name begins with `acksm-replacement-`.',
      'Choose another `target.name`.',
    ],
    'Secret …/… was changed in the meantime; read it again': [
      'Another client wrote the Secret at the same time.',
      RETRIED,
    ],
    'has no valid signature (edited, or written with another digest key or by an earlier version)': [
      'The operator did not write this replacement in its current form.',
      'Delete the replacement; the Secret is created from its sources.',
    ],
    'Secret …/… is not restored: its replacement … …; delete …, and the Secret is created from its sources': [
      'A replacement cannot be trusted, so nothing is created from it.',
      'Delete the replacement.',
    ],
    '… kept changing': ['Other clients change the workload all the time.', 'Wait; the restart is retried.'],
    'it is paused: its Pods are replaced when it is resumed': [
      'The workload is restarted, but its rollout is paused.',
      'Run `kubectl rollout resume`.',
    ],
    'its update strategy is OnDelete: each Pod gets the new value after it is deleted': [
      'The workload replaces Pods only when they are deleted.',
      'Delete its Pods one by one.',
    ],
    'forbidden; grant the verbs "get" and "patch" on "…" (apps) in namespace …, and check for an admission policy that denies it':
      ['The operator may not restart workloads.', 'Set `rbac.restartWorkloads: true` in the chart.'],
    'has another UID: it was deleted and created again': [
      'The ServiceAccount changed while its token was requested.',
      'Nothing; the operator asks again.',
    ],
    'it does not exist': ['The ServiceAccount of the store does not exist.', 'Create it, or correct its name.'],
    'the API server denies the TokenRequest: allow "create" on "serviceaccounts/token"': [
      'The operator may not issue tokens for the ServiceAccount.',
      'Run `helm upgrade`, or apply `deploy/rbac.yaml`.',
    ],
    'the API server throttles': ['Too many requests of this client.', 'Wait; the operator retries.'],
    'the API server cannot issue a token at the moment': ['The API server fails.', 'Wait; the operator retries.'],
    'the API server rejects a token request for these audiences': [
      'The API server does not issue tokens for the audience.',
      'Check `--api-audiences` of the API server.',
    ],
  },
}
