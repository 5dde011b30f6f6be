import type { GuidedKind } from '@ack-secret-manager/resources'

const STATUS = 'acksm status NAME -n NAMESPACE'
const STORE = 'acksm status store/NAME -n NAMESPACE'
const DOCTOR = 'acksm doctor --kube'
const REFRESH = 'acksm refresh NAME -n NAMESPACE --wait'
const PUSH_SECRET = 'kubectl describe pushsecrets.alibabacloud.com NAME -n NAMESPACE'
const VERSIONS = 'acksm versions SECRET'
const LIST = "acksm list 'PREFIX/*'"

/** Commands that help with a reason of an ExternalSecret or an event, in the order in which to run them. */
const EXTERNAL_SECRET_COMMANDS: Readonly<Record<string, readonly string[]>> = {
  Synced: ['acksm tree NAME -n NAMESPACE'],
  Suspended: ['acksm resume NAME -n NAMESPACE'],
  Stale: ['acksm status -A', STORE, DOCTOR],
  Unavailable: ['acksm status -A', STORE, DOCTOR],
  SecretNotFound: [LIST, VERSIONS, 'acksm restore SECRET', REFRESH],
  AuthenticationFailed: [STORE, DOCTOR, REFRESH],
  AccessDenied: [STORE, DOCTOR, REFRESH],
  StoreNotFound: ['kubectl get secretstores,clustersecretstores -A', STATUS],
  StoreNotAllowed: ['kubectl get clustersecretstore NAME -o yaml', STATUS],
  TargetConflict: [
    'kubectl get secret NAME -n NAMESPACE --show-managed-fields -o yaml',
    'kubectl annotate externalsecrets.alibabacloud.com NAME -n NAMESPACE alibabacloud.com/adopt=true',
  ],
  WriteFailed: [STATUS, DOCTOR],
  Adopted: ['acksm tree NAME -n NAMESPACE'],
  DriftCorrected: ['kubectl get secret NAME -n NAMESPACE --show-managed-fields -o yaml'],
  SecretDeleted: [LIST, 'acksm restore SECRET', REFRESH],
  Pushed: [PUSH_SECRET, VERSIONS],
  DeletionScheduled: [PUSH_SECRET, 'acksm restore SECRET'],
  LeftInKMS: [VERSIONS, 'acksm delete SECRET'],
  Restarted: ['acksm tree NAME -n NAMESPACE'],
  RestartFailed: [STATUS, DOCTOR],
  RestartDelayed: [STATUS],
  RestartHalted: ['kubectl rollout status KIND NAME -n NAMESPACE', 'kubectl rollout undo KIND NAME -n NAMESPACE'],
  InternalError: ['kubectl logs -l app.kubernetes.io/name=ack-secret-manager -A --tail=-1'],
}

const OTHER_COMMANDS: Readonly<Record<Exclude<GuidedKind, 'ExternalSecret'>, readonly string[]>> = {
  SecretStore: [STORE, DOCTOR],
  PushSecret: [PUSH_SECRET, VERSIONS, DOCTOR],
  ClusterExternalSecret: ['acksm status ces/NAME', 'kubectl get namespaces --show-labels'],
}

/** Commands that help with a reason. NAME, NAMESPACE and other capitals are for the user to fill in. */
export function nextCommands(kind: GuidedKind, reason: string): readonly string[] {
  if (kind !== 'ExternalSecret') return OTHER_COMMANDS[kind]
  // The others are mistakes in the spec or the value, which the message of the status locates.
  return EXTERNAL_SECRET_COMMANDS[reason] ?? [STATUS, 'acksm render -f MANIFEST', REFRESH]
}
