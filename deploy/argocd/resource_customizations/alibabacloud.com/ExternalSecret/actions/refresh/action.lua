local os = require("os")
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["alibabacloud.com/refresh-now"] = os.date("!%Y-%m-%dT%XZ")
return obj
