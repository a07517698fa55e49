// The interface's document, drawn by Swagger UI (loaded before as a plain script).
const draw = /** @type {any} */ (window).SwaggerUIBundle;
draw({ url: "/api/openapi.json", dom_id: "#swagger", validatorUrl: null, tryItOutEnabled: false, supportedSubmitMethods: [] });
