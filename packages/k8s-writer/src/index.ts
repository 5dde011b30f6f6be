export { KubeSecretWriter, type KubeSecretWriterOptions } from './kube-secret-writer.ts'
export { KubeWorkloadRestarter, type KubeWorkloadRestarterOptions } from './kube-workload-restarter.ts'
export {
  ADOPT_ANNOTATION,
  APP_MANAGED_BY_LABEL,
  CONTENT_DIGEST_ANNOTATION,
  FIELD_MANAGER,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  OWNER_ANNOTATION,
  PROVENANCE_ANNOTATION,
  REPLACEMENT_ANNOTATION,
  REPLACEMENT_PREFIX,
  RESTARTED_FOR_ANNOTATION,
} from './names.ts'
