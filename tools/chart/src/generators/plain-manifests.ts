import { type Document, isMap, parseAllDocuments } from 'yaml'
import { Helm } from '../programs/helm.ts'

const NAME = 'ack-secret-manager'
const NAMESPACE = 'kube-system'
/** Labels and annotations that only helm uses. */
const HELM_ONLY_FIELDS = [
  ['labels', 'helm.sh/chart'],
  ['labels', 'app.kubernetes.io/managed-by'],
  ['annotations', 'helm.sh/resource-policy'],
]

/** Kinds by file; the roles below have files of their own. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  'crds.yaml': ['CustomResourceDefinition'],
  'rbac.yaml': ['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'],
  'operator.yaml': ['Deployment', 'Service', 'PodDisruptionBudget'],
}

/** Roles by file, by the end of their name. */
const ROLES: Readonly<Record<string, RegExp>> = {
  'rbac-aggregate.yaml': /-(view|edit|admin)$/,
  'rbac-restart.yaml': /-restart$/,
}
const KUSTOMIZATION = `# kubectl apply --server-side -k deploy
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - crds.yaml
  - rbac.yaml
  - operator.yaml
  # Extends the ClusterRoles view, edit and admin of Kubernetes to the resources of this operator.
  - rbac-aggregate.yaml
  # For spec.restart. Permission to patch a workload is permission to run any code in it.
  # - rbac-restart.yaml
# The image in your registry.
images:
  - name: ${NAME}
    newName: ${NAME}
# Flags; see ack-secret-manager --help.
patches:
  - target: { kind: Deployment, name: ${NAME} }
    patch: |
      - { op: add, path: /spec/template/spec/containers/0/args/-, value: --region=cn-hangzhou }
`

/** The chart as files for `kubectl apply -k`, by name. */
export async function plainManifests(): Promise<ReadonlyMap<string, string>> {
  await using helm = await Helm.open()
  const values = { rbac: { restartWorkloads: true } }
  const text = await helm.template({ release: NAME, namespace: NAMESPACE, values })
  const documents = parseAllDocuments(text).filter((document) => document.contents !== null)
  for (const document of documents) withoutHelm(document)
  const files = new Map<string, string>([['kustomization.yaml', KUSTOMIZATION]])
  const nameOf = (document: Document): string => String(document.getIn(['metadata', 'name']))
  const put = (file: string, found: readonly Document[]): void => {
    files.set(
      file,
      found
        .map((document) => document.toString({ lineWidth: 0, flowCollectionPadding: false, directives: false }))
        .join('---\n'),
    )
  }
  for (const [file, kinds] of Object.entries(FILES)) {
    put(
      file,
      documents.filter(
        (document) =>
          kinds.includes(String(document.get('kind'))) &&
          !Object.values(ROLES).some((end) => end.test(nameOf(document))),
      ),
    )
  }
  for (const [file, end] of Object.entries(ROLES)) {
    put(
      file,
      documents.filter((document) => end.test(nameOf(document))),
    )
  }
  return files
}

function withoutHelm(document: Document): void {
  document.commentBefore = null
  for (const place of [[], ['spec', 'template']]) {
    for (const path of HELM_ONLY_FIELDS) {
      const whole = [...place, 'metadata', ...path]
      if (document.hasIn(whole)) document.deleteIn(whole)
    }
    const annotations = [...place, 'metadata', 'annotations']
    const left = document.getIn(annotations)
    if (isMap(left) && left.items.length === 0) document.deleteIn(annotations)
  }
}
