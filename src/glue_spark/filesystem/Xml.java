package mwaalocal.s3;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/** The few things that S3's answers and requests need of XML. */
final class Xml {
    private Xml() {}

    /** The root element. Raises IOException for what is no XML. */
    static Element parse(byte[] bytes) throws IOException {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            DocumentBuilder builder = factory.newDocumentBuilder();
            builder.setErrorHandler(null); // it would print
            return builder.parse(new ByteArrayInputStream(bytes)).getDocumentElement();
        } catch (ParserConfigurationException | SAXException error) {
            throw new IOException("S3's answer is no XML: " + error.getMessage(), error);
        }
    }

    static List<Element> children(Element parent, String name) {
        List<Element> found = new ArrayList<>();
        for (Node child = parent.getFirstChild(); child != null; child = child.getNextSibling()) {
            if (child instanceof Element && child.getNodeName().equals(name)) {
                found.add((Element) child);
            }
        }
        return found;
    }

    /** The text of a child, "" if there is none. */
    static String text(Element parent, String name) {
        List<Element> found = children(parent, name);
        return found.isEmpty() ? "" : found.get(0).getTextContent();
    }

    /** Text as an element's content; character references let any key through that XML can hold. */
    static String escape(String text) {
        StringBuilder escaped = new StringBuilder();
        text.codePoints().forEach(point -> {
            if (point < 0x20 || point == '&' || point == '<' || point == '>' || point == '"') {
                escaped.append("&#").append(point).append(';');
            } else {
                escaped.appendCodePoint(point);
            }
        });
        return escaped.toString();
    }
}
