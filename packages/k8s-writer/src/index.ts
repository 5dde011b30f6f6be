export { KubeSecretWriter, type KubeSecretWriterOptions } from './kube-secret-writer.ts'
export { KubeWorkloadRestarter, type KubeWorkloadRestarterOptions } from './kube-workload-restarter.ts'
