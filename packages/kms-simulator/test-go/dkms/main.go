// Reads one secret with the official DKMS SDK for Go and prints it, or the error code, as one line of JSON.
package main

import (
	"encoding/json"
	"errors"
	"os"

	"github.com/alibabacloud-go/tea/tea"
	openapi "github.com/aliyun/alibabacloud-dkms-gcs-go-sdk/openapi"
	dkms "github.com/aliyun/alibabacloud-dkms-gcs-go-sdk/sdk"
)

type answer struct {
	Value     string   `json:"value,omitempty"`
	VersionID string   `json:"versionId,omitempty"`
	Type      string   `json:"type,omitempty"`
	DataType  string   `json:"dataType,omitempty"`
	Stages    []string `json:"stages,omitempty"`
	Code      string   `json:"code,omitempty"`
	Status    float64  `json:"status,omitempty"`
	Error     string   `json:"error,omitempty"`
}

func failed(err error) answer {
	var sdkError *tea.SDKError
	if !errors.As(err, &sdkError) {
		return answer{Error: err.Error()}
	}
	var data struct {
		HTTPCode float64 `json:"httpCode"`
	}
	if err := json.Unmarshal([]byte(tea.StringValue(sdkError.Data)), &data); err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Code: tea.StringValue(sdkError.Code), Status: data.HTTPCode}
}

func read(name string) answer {
	config := &openapi.Config{
		Protocol:      tea.String("https"),
		Endpoint:      tea.String(os.Getenv("KMS_ENDPOINT")),
		ClientKeyFile: tea.String(os.Getenv("KMS_CLIENT_KEY_FILE")),
		Password:      tea.String(os.Getenv("KMS_CLIENT_KEY_PASSWORD")),
		CaFilePath:    tea.String(os.Getenv("KMS_CA_FILE")),
	}
	client, err := dkms.NewClient(config)
	if err != nil {
		return failed(err)
	}
	response, err := client.GetSecretValue(&dkms.GetSecretValueRequest{SecretName: tea.String(name)})
	if err != nil {
		return failed(err)
	}
	return answer{
		Value:     tea.StringValue(response.SecretData),
		VersionID: tea.StringValue(response.VersionId),
		Type:      tea.StringValue(response.SecretType),
		DataType:  tea.StringValue(response.SecretDataType),
		Stages:    tea.StringSliceValue(response.VersionStages),
	}
}

func main() {
	if err := json.NewEncoder(os.Stdout).Encode(read(os.Args[1])); err != nil {
		os.Exit(1)
	}
}
