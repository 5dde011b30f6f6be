local os = require("os")
-- The operator copies these annotations to its ExternalSecrets.
if obj.spec.externalSecretMetadata == nil then
  obj.spec.externalSecretMetadata = {}
end
if obj.spec.externalSecretMetadata.annotations == nil then
  obj.spec.externalSecretMetadata.annotations = {}
end
obj.spec.externalSecretMetadata.annotations["alibabacloud.com/refresh-now"] = os.date("!%Y-%m-%dT%XZ")
return obj
