import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Posts requests to an endpoint with the client of the platform as it comes, which offers
 * to go over to HTTP/2: arguments in threes, the media type, what is accepted, the text.
 * Prints a line for each: the status, the media type and the body in base 64.
 */
class Ask {
    public static void main(String[] given) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        for (int at = 1; at + 2 < given.length; at += 3) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(given[0]))
                    .header("Content-Type", given[at])
                    .header("Accept", given[at + 1])
                    .POST(BodyPublishers.ofString(given[at + 2]))
                    .build();
            HttpResponse<byte[]> response = client.send(request, BodyHandlers.ofByteArray());
            String body = Base64.getEncoder().encodeToString(response.body());
            String type = response.headers().firstValue("Content-Type").orElse("-");
            System.out.println(response.statusCode() + "\t" + type + "\t" + body);
        }
    }
}
