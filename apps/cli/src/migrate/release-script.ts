import type { OwnedSecret } from './migrated.ts'

const HEAD = `#!/bin/sh
# Removes the ownerReference of External Secrets Operator from Secrets, so that ack-secret-manager can adopt them.
# First removes the labels by which that operator, and tools such as Argo CD if a Secret has no owner, would delete them.
# Run it while External Secrets Operator is scaled to zero. Secrets with another owner are skipped.
failed=0
LABELS='reconcile.external-secrets.io/created-by- argocd.argoproj.io/instance- app.kubernetes.io/instance- applyset.kubernetes.io/part-of- kapp.k14s.io/app- objectset.rio.cattle.io/hash-'

release() { # NAMESPACE (empty: that of kubectl) SECRET EXTERNALSECRET
  owner=$(kubectl \${1:+-n "$1"} get secret "$2" -o 'jsonpath={.metadata.ownerReferences[0].apiVersion} {.metadata.ownerReferences[0].kind} {.metadata.ownerReferences[0].name}') || { failed=1; return; }
  case "$owner" in
    "external-secrets.io/"*" ExternalSecret $3") ;;
    "  ") echo "\${1:+$1/}$2: skipped; it has no owner"; return ;;
    *) echo "\${1:+$1/}$2: skipped; its owner is: $owner"; return ;;
  esac
  kubectl \${1:+-n "$1"} label secret "$2" \${LABELS} > /dev/null || { failed=1; return; }
  at=/metadata/ownerReferences
  kubectl \${1:+-n "$1"} patch secret "$2" --type=json -p "[{\\"op\\":\\"test\\",\\"path\\":\\"$at/0/apiVersion\\",\\"value\\":\\"\${owner%% *}\\"},{\\"op\\":\\"test\\",\\"path\\":\\"$at/0/name\\",\\"value\\":\\"$3\\"},{\\"op\\":\\"remove\\",\\"path\\":\\"$at/0\\"}]" || failed=1
}

release_everywhere() { # SECRET EXTERNALSECRET CLUSTEREXTERNALSECRET
  all=$(kubectl get externalsecrets.external-secrets.io -A --field-selector "metadata.name=$2" -o 'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.ownerReferences[0].kind}/{.metadata.ownerReferences[0].name} {end}') || { failed=1; return; }
  for each in $all; do
    namespace=\${each%%/*}
    if [ "$each" = "$namespace/ClusterExternalSecret/$3" ]; then release "$namespace" "$1" "$2"
    else echo "$namespace/$1: skipped; ClusterExternalSecret $3 did not create ExternalSecret $2"; fi
  done
}

`

/** A shell script that removes the ownerReference of External Secrets Operator from Secrets, so that they can be adopted. */
export function releaseScript(secrets: readonly OwnedSecret[]): string {
  const calls = secrets.map(({ namespace, secret, externalSecret, clusterExternalSecret }) =>
    clusterExternalSecret === undefined
      ? `release ${namespace === '' ? "''" : namespace} ${secret} ${externalSecret}`
      : `release_everywhere ${secret} ${externalSecret} ${clusterExternalSecret}`,
  )
  return `${HEAD}${calls.join('\n')}\n\nexit $failed\n`
}
