/** The programs of a control plane, by file name. */
export const PROGRAMS = ['etcd', 'kube-apiserver', 'kube-controller-manager'] as const

export type Program = (typeof PROGRAMS)[number]
