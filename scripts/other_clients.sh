#!/bin/sh
# Runs clients of other makers against the served simulator: az, and curl. Needs cspctl and curl on the PATH;
# az is passed over, and said so, where it is not installed. PORT=8444 scripts/other_clients.sh
set -eu

port=${PORT:-8443}
folder=$(mktemp -d)
cd "$folder"

cat > seed.yaml <<'YAML'
customers:
  - domain: fourthcoffeecsp.onmicrosoft.com
    companyName: Fourth Coffee
    users:
      - userPrincipalName: helpdesk@fourthcoffeecsp.onmicrosoft.com
    subscriptions:
      - name: production
    applications:
      - name: automation
        role: Owner
        permissions: [Directory.Read.All]
YAML

cspctl simulator serve --tls --port "$port" --speed 60 --seed seed.yaml > seeded.json 2> served.log &
served=$!
trap 'kill "$served" 2>/dev/null; wait "$served" 2>/dev/null || true; rm -rf "$folder"' EXIT
until grep -q "Simulator at" served.log; do
    kill -0 "$served" 2>/dev/null || { cat served.log >&2; exit 1; }
    sleep 0.2
done
cspctl simulator credentials --export > credentials.sh
. ./credentials.sh

run() { # show a command and run it; what it answers is shown only if it fails
    printf '$ %s\n' "$*"
    "$@" > answer.txt 2>&1 || { cat answer.txt >&2; exit 1; }
}

# curl: by path on one address, and by name through a tunnel.
run curl --fail --silent --show-error "$SIMULATOR/metadata/endpoints?api-version=2022-09-01"
run curl --fail --silent --show-error --proxy "http://localhost:$port" \
    "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration"

if ! command -v az > /dev/null; then
    echo "az is not installed: its part is passed over."
    exit 0
fi

# A configuration of its own, so that nothing of ~/.azure is touched.
export AZURE_CONFIG_DIR="$folder/azure" AZURE_CORE_COLLECT_TELEMETRY=false AZURE_CORE_INSTANCE_DISCOVERY=false
scope=/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/network
helpdesk=helpdesk@fourthcoffeecsp.onmicrosoft.com

run az cloud register --name simulator --endpoint-resource-manager "$SIMULATOR"
run az cloud set --name simulator
printf '$ az login --service-principal …\n'
az login --service-principal --username "$AZURE_CLIENT_ID" --password "$AZURE_CLIENT_SECRET" \
    --tenant "$AZURE_TENANT_ID" > answer.txt 2>&1 || { cat answer.txt >&2; exit 1; }
run az account set --subscription production
run az provider register --namespace Microsoft.Network --wait
run az group create --name network --location westus --tags team=network
run az network vnet create --resource-group network --name hub --address-prefixes 10.0.0.0/16
run az network vnet subnet create --resource-group network --vnet-name hub --name web --address-prefixes 10.0.1.0/24
run az network vnet subnet list --resource-group network --vnet-name hub
run az network nsg create --resource-group network --name rules
run az network public-ip create --resource-group network --name door --sku Standard
run az network vnet list
run az resource list --resource-group network
run az resource show --resource-group network --name hub --resource-type Microsoft.Network/virtualNetworks
run az tag update --resource-id "$scope" --operation Merge --tags stage=test
run az role definition list --name Reader
run az ad user list
run az role assignment create --assignee "$helpdesk" --role Reader --scope "$scope"
run az role assignment list --resource-group network
run az role assignment delete --assignee "$helpdesk" --role Reader --scope "$scope"
run az rest --method get --url "/subscriptions/$AZURE_SUBSCRIPTION_ID/resourcegroups?api-version=2024-07-01"
run az group delete --name network --yes
run az logout

# The same az, sure that it talks to Azure: the simulator is its proxy.
export HTTPS_PROXY="http://localhost:$port" AZURE_CONFIG_DIR="$folder/proxied" AZURE_CORE_INSTANCE_DISCOVERY=true
unset AZURE_AUTHORITY_HOST
printf '$ HTTPS_PROXY=%s az login --service-principal …\n' "$HTTPS_PROXY"
az login --service-principal --username "$AZURE_CLIENT_ID" --password "$AZURE_CLIENT_SECRET" \
    --tenant "$AZURE_TENANT_ID" > answer.txt 2>&1 || { cat answer.txt >&2; exit 1; }
run az group create --name proxied --location westus
run az group delete --name proxied --yes
echo "Everything was answered."
