export { KubeSecretWriter, type KubeSecretWriterOptions } from './kube-secret-writer.ts'
export { decodeProvenance, type RecordedProvenance } from './provenance/provenance.ts'
export { KubeWorkloadRestarter, type KubeWorkloadRestarterOptions } from './kube-workload-restarter.ts'
