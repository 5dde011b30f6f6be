local suspended = obj.spec.suspend == true
local actions = {}
-- A suspended ExternalSecret handles a refresh after it is resumed.
actions["refresh"] = {["disabled"] = suspended}
actions["suspend"] = {["disabled"] = suspended}
actions["resume"] = {["disabled"] = not suspended}
return actions
