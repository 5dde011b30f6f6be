import { crdYaml, parseExternalSecret } from '@ack-secret-manager/resources'
import { parse } from 'yaml'

const manifest = parse(`
apiVersion: alibabacloud.com/v1alpha1
kind: ExternalSecret
metadata: {name: web}
spec:
  rotationInterval: 60s
  data: [{key: app/db, name: password, vresionId: v1}]
`)

const strict = parseExternalSecret(manifest)
if (!strict.ok) console.info(strict.error.message)

const loose = parseExternalSecret(manifest, { unknownFields: 'ignore' })
if (loose.ok) console.info(loose.resource.spec.target.creationPolicy)

console.info(crdYaml().split('\n')[3])
