local ready = nil
if obj.status ~= nil and obj.status.conditions ~= nil then
  for _, condition in ipairs(obj.status.conditions) do
    if condition.type == "Ready" then
      ready = condition
    end
  end
end

local hs = {}
-- A status without this generation is that of the previous spec.
if ready == nil or ready.observedGeneration ~= obj.metadata.generation then
  hs.status = "Progressing"
  hs.message = "waiting for the operator"
  return hs
end

hs.message = ready.message
-- An outage of KMS does not make a store invalid, and ExternalSecrets report it if their values get stale.
for _, condition in ipairs(obj.status.conditions) do
  local attention = condition.status == "True"
  if condition.type == "Reachable" then
    attention = condition.status == "False"
  end
  if condition.type ~= "Ready" and attention then
    hs.message = hs.message .. "; " .. condition.type .. ": " .. condition.message
  end
end
if ready.status == "True" then
  hs.status = "Healthy"
else
  hs.status = "Degraded"
end
return hs
