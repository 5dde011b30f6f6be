// Reads one secret with the official Go SDK and prints it, or the error code, as one line of JSON.
package main

import (
	"encoding/json"
	"errors"
	"os"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	kms "github.com/alibabacloud-go/kms-20160120/v3/client"
	"github.com/alibabacloud-go/tea/tea"
)

type answer struct {
	Value     string `json:"value,omitempty"`
	VersionID string `json:"versionId,omitempty"`
	Type      string `json:"type,omitempty"`
	Code      string `json:"code,omitempty"`
	Status    int    `json:"status,omitempty"`
	Error     string `json:"error,omitempty"`
}

func read(endpoint, accessKeyID, accessKeySecret, name string) answer {
	client, err := kms.NewClient(&openapi.Config{
		Endpoint:        tea.String(endpoint),
		Protocol:        tea.String("https"),
		AccessKeyId:     tea.String(accessKeyID),
		AccessKeySecret: tea.String(accessKeySecret),
	})
	if err != nil {
		return answer{Error: err.Error()}
	}
	response, err := client.GetSecretValue(&kms.GetSecretValueRequest{SecretName: tea.String(name)})
	if err != nil {
		var sdkError *tea.SDKError
		if errors.As(err, &sdkError) {
			return answer{Code: tea.StringValue(sdkError.Code), Status: tea.IntValue(sdkError.StatusCode)}
		}
		return answer{Error: err.Error()}
	}
	body := response.Body
	return answer{
		Value:     tea.StringValue(body.SecretData),
		VersionID: tea.StringValue(body.VersionId),
		Type:      tea.StringValue(body.SecretType),
	}
}

func main() {
	out := read(os.Getenv("KMS_ENDPOINT"), os.Getenv("KMS_ACCESS_KEY_ID"), os.Getenv("KMS_ACCESS_KEY_SECRET"), os.Args[1])
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		os.Exit(1)
	}
}
