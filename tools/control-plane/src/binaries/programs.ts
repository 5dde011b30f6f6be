/** The programs of a control plane, by the names that their files have. */
export const PROGRAMS = ['etcd', 'kube-apiserver', 'kube-controller-manager'] as const

export type Program = (typeof PROGRAMS)[number]
