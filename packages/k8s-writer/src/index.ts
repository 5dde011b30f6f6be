export { KubeSecretWriter, type KubeSecretWriterOptions } from './kube-secret-writer.ts'
export {
  ADOPT_ANNOTATION,
  APP_MANAGED_BY_LABEL,
  CONTENT_DIGEST_ANNOTATION,
  FIELD_MANAGER,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  OWNER_ANNOTATION,
  PROVENANCE_ANNOTATION,
} from './names.ts'
