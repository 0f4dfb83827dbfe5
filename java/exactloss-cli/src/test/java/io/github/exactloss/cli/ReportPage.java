// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** A report that the command has written, read by an XML parser. */
final class ReportPage {
    private final String source;
    private final Document document;

    private ReportPage(String source, Document document) {
        this.source = source;
        this.document = document;
    }

    static ReportPage read(Path file) {
        try {
            String source = Files.readString(file);
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            return new ReportPage(
                    source, factory.newDocumentBuilder().parse(new InputSource(new StringReader(source))));
        } catch (IOException | ParserConfigurationException | SAXException failure) {
            throw new AssertionError(file + " is not well-formed", failure);
        }
    }

    /** The source without what differs from run to run: times and durations. */
    String withoutTimes() {
        return source.replaceAll("<time [^>]*>[^<]*</time>", "<time/>");
    }

    /** The texts of all nodes that an XPath finds. */
    List<String> texts(String xpath) {
        try {
            NodeList nodes =
                    (NodeList) XPathFactory.newInstance().newXPath().evaluate(xpath, document, XPathConstants.NODESET);
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < nodes.getLength(); i++) {
                texts.add(nodes.item(i).getTextContent().strip());
            }
            return texts;
        } catch (XPathExpressionException failure) {
            throw new IllegalArgumentException(xpath, failure);
        }
    }

    /** The value beside a label in one of the tables of two columns. */
    String property(String label) {
        List<String> values = texts("//table[@class='properties']//tr[th='" + label + "']/td");
        assertThat(values).as(label).hasSize(1);
        return values.getFirst();
    }

    /** The values beside a label in the table of the losses. */
    List<String> lossRow(String label) {
        return texts("//table[@class='losses']//tr[th='" + label + "']/td");
    }

    /** Nothing comes from elsewhere, and nothing runs. */
    void assertStandsAlone() {
        assertThat(source).startsWith("<!DOCTYPE html>\n");
        assertThat(source).doesNotContain("http:", "https:", "\"//", "<script", "javascript:", "url(", "@import");
        assertThat(
                        texts(
                                "//link | //script | //iframe | //object | //@href | //@style | //@*[starts-with(name(), 'on')]"))
                .isEmpty();
        assertThat(texts("//@src | //@srcset")).allMatch(uri -> uri.startsWith("data:image/png;base64,"));
    }

    /** What those rely on who listen to a page, or find their way by its structure. */
    void assertIsAccessible() {
        assertThat(texts("/html[@lang='en']/head/title")).doesNotContain("").hasSize(1);
        assertThat(texts("//h1")).hasSize(1);
        assertThat(texts("//section/h2")).doesNotContain("").hasSameSizeAs(texts("//section"));
        assertThat(texts("//img[not(normalize-space(@alt))]")).isEmpty();
        assertThat(texts("//*[@role='img'][not(normalize-space(@aria-label))]")).isEmpty();
        assertThat(texts("//div[@class='chart']/*[local-name()='svg'][not(@role='img')]"))
                .isEmpty();
        assertThat(texts("//th[not(@scope='row' or @scope='col')]")).isEmpty();
    }
}
