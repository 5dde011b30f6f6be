export type { AccessView, ClusterView, ReadKind, ReadState } from './access.ts'
export type { ActionName, ActionRequest, ActionResult, Permission } from './action.ts'
export type { CalendarView, RotationView } from './calendar.ts'
export type { ClusterExternalSecretRow } from './cluster-external-secret.ts'
export type { EventsView, EventView } from './events.ts'
export type { GraphNode, GraphView } from './graph.ts'
export type { GuideView } from './guide.ts'
export type { KmsView } from './kms.ts'
export type { OperatorView, ReplicaView } from './operator.ts'
export type { CauseView, ChangeView, Counts, OverviewView, StoreProblemView } from './overview.ts'
export type {
  ConditionView,
  GeneratedView,
  ResourceDetail,
  SourceView,
  TargetView,
  WorkloadView,
} from './resource-detail.ts'
export type {
  PushedView,
  PushEntryView,
  PushProblemView,
  PushSecretCounts,
  PushSecretDetail,
  PushSecretRow,
  PushSecretState,
  PushSecretsView,
} from './push-secret.ts'
export type { ResourceRow, ResourceState } from './resource-row.ts'
export type { AdmissionView, StoreDetail, StoreRow, StoreState } from './store.ts'
export type { ApiFailure, Delta, RowChanges, SessionView, Snapshot, StreamEvent } from './wire.ts'
